// The client of strong-soap: client.cjs URL DOMAIN LOGIN PASSWORD USERNAME
const { soap } = require("strong-soap");

const [url, domain, login, password, username] = process.argv.slice(2);
const account = `${username}@${domain}`;
const principal = { login, password };
const service = (name) =>
  new Promise((resolve, reject) =>
    soap.createClient(`${url}${name}?wsdl`, {}, (error, client) => (error ? reject(error) : resolve(client))),
  );
const call = (client, operation, argument) =>
  new Promise((resolve, reject) =>
    client[operation](argument, (error, result) => (error ? reject(error) : resolve(result))),
  );

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error.root.Envelope.Body.Fault.detail.WSException.faultMessage;
  }
  throw new Error("no fault");
}

async function main() {
  const seen = { services: 0, typed: false, lists: [] };
  for (const name of JSON.parse(process.env.ZOO_SERVICES)) {
    await service(name);
    seen.services++;
  }
  const key = { username, domain, principal };
  const subscribers = await service("SubscriberWS");
  const subscriber = { username, domain, password: "pç-secret", profile: "interop", firstName: "João & ‹Ñ> €" };
  seen.inserted = (await call(subscribers, "insertSubscriber", { subscriber, principal })).subscriberId;
  seen.duplicate = await refused(call(subscribers, "insertSubscriber", { subscriber, principal }));
  seen.firstName = (await call(subscribers, "retrieveSubscriber", key)).return.firstName;
  await call(subscribers, "addCredit", { username, domain, value: 0.1, obs: "ç", principal });
  seen.credit = (await call(subscribers, "retrieveCredit", key)).return;
  const wrong = { username, domain, principal: { login, password: "wrong" } };
  seen.wrongPassword = await refused(call(subscribers, "retrieveCredit", wrong));

  const dids = await service("DidWS");
  for (let number = 0; number < 4; number++) {
    const listed = await call(dids, "listByAcc", { accountCode: account, principal });
    seen.lists.push([listed?.did ?? []].flat().length);
    const aliasUsername = `5548${username}${number}`;
    await call(dids, "insertDid", { did: { accountCode: account, aliasUsername, username, domain }, principal });
  }

  const huntGroup = { description: `Ç ${username}`, domain, method: "serial", groupList: username, timeout: 20 };
  const made = (await call(await service("HuntGroupWS"), "insertHuntGroup", { huntGroup, principal })).huntGroup;
  Object.assign(seen, { groupId: made.id, uri: made.uri });

  const locations = await service("UserLocationWS");
  await call(locations, "addUserLocation", { username, domain, contact: `sip:${username}@203.0.113.9`, principal });
  const listed = await call(locations, "listUserLocations", key);
  seen.moment = [Object.values(listed).find((one) => typeof one === "object")].flat()[0].lastModified;
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
