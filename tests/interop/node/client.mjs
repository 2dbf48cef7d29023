// Does what scenario.py says, with the package soap pointed at our WSDLs.
import soap from "soap";

const [url, domain, login, password, username, partner, number] = process.argv.slice(2);
const principal = { login, password };

const client = (service) => soap.createClientAsync(`${url}${service}?wsdl`);

const subscriber = (name) => ({
  username: name,
  domain,
  password: `segredo-${name}`,
  profile: "interop",
  firstName: "João & Filhos <Ltda>",
  mobile: "5511987654321",
  callLimit: 3,
  lowCreditLimit: 10.5,
  activeIncomingCalls: true,
  activeOutgoingCalls: true,
});

// The faultMessage of the WSException that the call ends in.
async function fault(call) {
  try {
    await call();
  } catch (error) {
    return error.root.Envelope.Body.Fault.detail.WSException.faultMessage;
  }
  return null;
}

const domains = await client("DomainWS");
const [names] = await domains.listDomainsAsync({ principal });

const subscribers = await client("SubscriberWS");
const insert = (name) =>
  subscribers.insertSubscriberAsync({ subscriber: subscriber(name), principal });
const [{ subscriberId }] = await insert(username);
await insert(partner);
const [{ return: read }] = await subscribers.retrieveSubscriberAsync({
  username,
  domain,
  principal,
});

const dids = await client("DidWS");
const did = {
  aliasUsername: number,
  username,
  domain,
  accountCode: read.accountCode,
  monthlySubscription: 1.25,
};
await dids.insertDidAsync({ did, principal });
const [list] = await dids.listByAccAsync({ accountCode: read.accountCode, principal });

const huntGroups = await client("HuntGroupWS");
const huntGroup = {
  description: `Vendas ${username}`,
  domain,
  groupList: `${username};${partner}`,
  method: "serial",
  timeout: 20,
};
const [{ huntGroup: group }] = await huntGroups.insertHuntGroupAsync({ huntGroup, principal });

console.log(
  JSON.stringify({
    domains: names.domain.map((item) => item.domain),
    subscriberId,
    accountCode: read.accountCode,
    firstName: read.firstName,
    lastName: read.lastName ?? null,
    mobile: Number(read.mobile),
    callLimit: read.callLimit,
    lowCreditLimit: read.lowCreditLimit,
    activeOutgoingCalls: read.activeOutgoingCalls,
    dids: list.did.map((item) => item.aliasUsername),
    huntGroupId: group.id,
    groupList: group.groupList,
    uri: group.uri,
    duplicateFault: await fault(() => insert(username)),
    loginFault: await fault(() =>
      subscribers.retrieveSubscriberAsync({
        username,
        domain,
        principal: { login, password: "wrong" },
      }),
    ),
  }),
);
