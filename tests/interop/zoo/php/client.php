<?php
// The client of PHP's own SoapClient: client.php URL DOMAIN LOGIN PASSWORD USERNAME
[, $url, $domain, $login, $password, $username] = $argv;
$account = "$username@$domain";
$principal = ['login' => $login, 'password' => $password];

function service(string $name): SoapClient
{
    global $url;
    return new SoapClient("$url$name?wsdl", [
        'cache_wsdl' => WSDL_CACHE_NONE,
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
        'compression' => SOAP_COMPRESSION_ACCEPT | SOAP_COMPRESSION_GZIP | 5,
    ]);
}

function refused(callable $call): SoapFault
{
    try {
        $call();
    } catch (SoapFault $fault) {
        return $fault;
    }
    throw new LogicException('no fault');
}

$seen = ['services' => 0];
foreach (json_decode(getenv('ZOO_SERVICES')) as $name) {
    $seen['services'] += count(service($name)->__getFunctions()) > 0;
}
$subscribers = service('SubscriberWS');
$key = ['username' => $username, 'domain' => $domain, 'principal' => $principal];
// a boolean that the WSDL requires has to be there
$off = array_fill_keys(['addServiceHeader', 'blockAnonymousCalls', 'blockEntry0303', 'callsOnlyByIp',
    'copyPassertedRpid', 'lowCreditNotification', 'softphoneAllowed', 'validateSource0303', 'voicemail'], false);
$subscriber = $off + ['username' => $username, 'domain' => $domain, 'password' => 'pç-secret',
    'profile' => 'interop', 'firstName' => 'João & ‹Ñ> €', 'activeIncomingCalls' => true,
    'activeOutgoingCalls' => true, 'lowCreditLimit' => 0, 'resellerBillingType' => 0, 'resellerMarkup' => 0];
$insert = ['subscriber' => $subscriber, 'principal' => $principal];
$seen['inserted'] = $subscribers->insertSubscriber($insert)->subscriberId;
$duplicate = refused(fn () => $subscribers->insertSubscriber($insert));
$seen['duplicate'] = $duplicate->detail->WSException->faultMessage;
$seen['typed'] = true;
$seen['firstName'] = $subscribers->retrieveSubscriber($key)->return->firstName;
$subscribers->addCredit($key + ['value' => 0.1, 'obs' => 'ç']);
$seen['credit'] = $subscribers->retrieveCredit($key)->return;
$wrong = ['principal' => ['password' => 'wrong'] + $principal] + $key;
$seen['wrongPassword'] = refused(fn () => $subscribers->retrieveCredit($wrong))->getMessage();

$dids = service('DidWS');
for ($number = 0; $number < 4; $number++) {
    $listed = $dids->listByAcc(['accountCode' => $account, 'principal' => $principal]);
    $seen['lists'][] = count($listed->did ?? []);
    $dids->insertDid(['principal' => $principal, 'did' => ['accountCode' => $account, 'username' => $username,
        'aliasUsername' => "5548$username$number", 'domain' => $domain, 'didToRuri' => false,
        'reverseBilling' => false]]);
}

$group = service('HuntGroupWS')->insertHuntGroup(['principal' => $principal, 'huntGroup' => ['domain' => $domain,
    'description' => "Ç $username", 'method' => 'serial', 'groupList' => $username, 'timeout' => 20]])->huntGroup;
[$seen['groupId'], $seen['uri']] = [$group->id, $group->uri];

$locations = service('UserLocationWS');
$locations->addUserLocation($key + ['contact' => "sip:$username@203.0.113.9"]);
$seen['moment'] = get_object_vars($locations->listUserLocations($key));
$seen['moment'] = reset($seen['moment'])[0]->lastModified;
echo json_encode($seen), "\n";
