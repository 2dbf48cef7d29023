// The client of node-soap in the zoo: zoo.mjs URL DOMAIN LOGIN PASSWORD USERNAME
import soap from "soap";

const [url, domain, login, password, username] = process.argv.slice(2);
const account = `${username}@${domain}`;
const principal = { login, password };
const service = (name) => soap.createClientAsync(`${url}${name}?wsdl`);

async function refused(call) {
  try {
    await call();
  } catch (error) {
    return error.root.Envelope.Body.Fault.detail.WSException.faultMessage;
  }
  throw new Error("no fault");
}

const seen = { services: 0, typed: false, lists: [] };
for (const name of JSON.parse(process.env.ZOO_SERVICES)) {
  seen.services += Object.keys((await service(name)).describe()).length === 1 ? 1 : 0;
}
const key = { username, domain, principal };
const subscribers = await service("SubscriberWS");
const subscriber = {
  username,
  domain,
  password: "pç-secret",
  profile: "interop",
  firstName: "João & ‹Ñ> €",
};
const [inserted] = await subscribers.insertSubscriberAsync({ subscriber, principal });
seen.inserted = inserted.subscriberId;
seen.duplicate = await refused(() => subscribers.insertSubscriberAsync({ subscriber, principal }));
seen.firstName = (await subscribers.retrieveSubscriberAsync(key))[0].return.firstName;
await subscribers.addCreditAsync({ username, domain, value: 0.1, obs: "ç", principal });
seen.credit = (await subscribers.retrieveCreditAsync(key))[0].return;
const wrong = { username, domain, principal: { login, password: "wrong" } };
seen.wrongPassword = await refused(() => subscribers.retrieveCreditAsync(wrong));

const dids = await service("DidWS");
for (let number = 0; number < 4; number++) {
  const [listed] = await dids.listByAccAsync({ accountCode: account, principal });
  seen.lists.push([listed?.did ?? []].flat().length);
  const aliasUsername = `5548${username}${number}`;
  await dids.insertDidAsync({ did: { accountCode: account, aliasUsername, username, domain }, principal });
}

const groups = await service("HuntGroupWS");
const huntGroup = { description: `Ç ${username}`, domain, method: "serial", groupList: username, timeout: 20 };
const [{ huntGroup: made }] = await groups.insertHuntGroupAsync({ huntGroup, principal });
Object.assign(seen, { groupId: made.id, uri: made.uri });

const locations = await service("UserLocationWS");
await locations.addUserLocationAsync({ username, domain, contact: `sip:${username}@203.0.113.9`, principal });
const [listed] = await locations.listUserLocationsAsync(key);
seen.moment = [Object.values(listed)[0]].flat()[0].lastModified.toISOString();
console.log(JSON.stringify(seen));
