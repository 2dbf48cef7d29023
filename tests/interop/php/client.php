<?php
// Does what scenario.py says, with PHP's own SoapClient pointed at our WSDLs.
[, $url, $domain, $login, $password, $username, $partner, $number] = $argv;
$principal = ['login' => $login, 'password' => $password];

function client(string $service): SoapClient
{
    global $url;
    return new SoapClient("$url$service?wsdl", [
        'cache_wsdl' => WSDL_CACHE_NONE,
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
    ]);
}

function subscriber(string $username): array
{
    global $domain;
    return [
        'username' => $username,
        'domain' => $domain,
        'password' => "segredo-$username",
        'profile' => 'interop',
        'firstName' => 'João & Filhos <Ltda>',
        'mobile' => 5511987654321,
        'callLimit' => 3,
        'lowCreditLimit' => 10.5,
        'activeIncomingCalls' => true,
        'activeOutgoingCalls' => true,
        // Required by the WSDL, and so by PHP.
        'addServiceHeader' => false,
        'blockAnonymousCalls' => false,
        'blockEntry0303' => false,
        'callsOnlyByIp' => false,
        'copyPassertedRpid' => false,
        'lowCreditNotification' => false,
        'resellerBillingType' => 0,
        'resellerMarkup' => 0.0,
        'softphoneAllowed' => false,
        'validateSource0303' => false,
        'voicemail' => false,
    ];
}

/** The faultMessage of the WSException that the call ends in. */
function fault(callable $call): ?string
{
    try {
        $call();
    } catch (SoapFault $fault) {
        return $fault->detail->WSException->faultMessage;
    }
    return null;
}

$domains = client('DomainWS')->listDomains(['principal' => $principal]);

$subscribers = client('SubscriberWS');
$insert = fn(string $name) => $subscribers->insertSubscriber(
    ['subscriber' => subscriber($name), 'principal' => $principal]
);
$id = $insert($username)->subscriberId;
$insert($partner);
$key = ['username' => $username, 'domain' => $domain];
$read = $subscribers->retrieveSubscriber($key + ['principal' => $principal])->return;

$dids = client('DidWS');
$dids->insertDid(['principal' => $principal, 'did' => [
    'aliasUsername' => $number,
    'username' => $username,
    'domain' => $domain,
    'accountCode' => $read->accountCode,
    'monthlySubscription' => 1.25,
    'didToRuri' => false,
    'reverseBilling' => false,
]]);
$list = $dids->listByAcc(['accountCode' => $read->accountCode, 'principal' => $principal]);

$group = client('HuntGroupWS')->insertHuntGroup(['principal' => $principal, 'huntGroup' => [
    'description' => "Vendas $username",
    'domain' => $domain,
    'groupList' => "$username;$partner",
    'method' => 'serial',
    'timeout' => 20,
]])->huntGroup;

echo json_encode([
    'domains' => array_column($domains->domain, 'domain'),
    'subscriberId' => $id,
    'accountCode' => $read->accountCode,
    'firstName' => $read->firstName,
    'lastName' => $read->lastName ?? null,
    'mobile' => $read->mobile,
    'callLimit' => $read->callLimit,
    'lowCreditLimit' => $read->lowCreditLimit,
    'activeOutgoingCalls' => $read->activeOutgoingCalls,
    'dids' => array_column($list->did, 'aliasUsername'),
    'huntGroupId' => $group->id,
    'groupList' => $group->groupList,
    'uri' => $group->uri,
    'duplicateFault' => fault(fn() => $insert($username)),
    'loginFault' => fault(fn() => $subscribers->retrieveSubscriber(
        $key + ['principal' => ['login' => $login, 'password' => 'wrong']]
    )),
]), "\n";
