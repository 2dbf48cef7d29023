<?php
// SoapServer on our WSDL with PDO; every request begins anew, as it does in PHP.
declare(strict_types=1);

final class Peer
{
    private const GIVEN = [
        'contractNumber', 'document', 'firstName', 'lastName', 'address', 'number', 'quarter',
        'city', 'state', 'zip', 'phone', 'mobile', 'emailAddress', 'ratePlanId', 'resellerId',
        'resellerBillingType', 'resellerMarkup', 'lowCreditNotification', 'lowCreditLimit',
        'activeIncomingCalls', 'activeOutgoingCalls', 'addServiceHeader', 'blockAnonymousCalls',
        'blockCollectCalls', 'blockEntry0303', 'validateSource0303', 'callsOnlyByIp',
        'copyPassertedRpid', 'softphoneAllowed', 'voicemail', 'callLimit', 'countryCode',
        'areaCode',
    ];
    private PDO $db;

    public function __construct(private array $config)
    {
        $source = "mysql:host=127.0.0.1;port={$config['port']};dbname={$config['database']}"
            . ';charset=utf8mb4';
        $this->db = new PDO($source, 'root', '', [
            PDO::ATTR_PERSISTENT => true,
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
        ]);
    }

    public function retrieveSubscriber(object $in): array
    {
        $row = $this->admit('retrieve', $in->principal, $in->domain, [$in->username, $in->domain]);
        if ($row['username'] === null) {
            throw new SoapFault('Server', 'no such subscriber');
        }
        return ['return' => array_filter($row, static fn ($value) => $value !== null)];
    }

    public function addCredit(object $in): array
    {
        $plan = $this->admit('plan', $in->principal, $in->domain, [$in->username, $in->domain]);
        if ($plan['id'] === null) {
            throw new SoapFault('Server', 'no such subscriber');
        }
        $change = number_format($in->value, 6, '.', '');
        $this->db->beginTransaction();
        $now = new DateTimeImmutable('now', new DateTimeZone('UTC'));
        $days = $plan['prepaid'] && $change > 0 ? $plan['limit_to_credit_expires'] : 0;
        $at = $now->format('Y-m-d H:i:s.u');
        $expires = $days ? $now->modify("+$days days")->format('Y-m-d H:i:s.u') : null;
        if (!$this->run('credit', [$change, $expires, $plan['id'], $change])->rowCount()) {
            $this->refuse('the balance would not fit');
        }
        $this->run('ledger', [
            $at, $change, $in->obs, $in->principal->login, $expires, $plan['id'],
        ]);
        $object = "username=$in->username domain=$in->domain value=$in->value";
        $this->audit('addCredit', $object, $in->principal->login);
        $data = ['value' => $change, 'obs' => $in->obs, 'expires_at' => $expires];
        $this->tell('credit.added', $plan['account_code'], json_encode($data));
        $this->db->commit();
        return [];
    }

    public function insertSubscriber(object $in): array
    {
        $s = $in->subscriber;
        $prefixes = [];
        for ($end = 1; $end <= strlen($s->username); $end++) {
            $prefixes[] = substr($s->username, 0, $end);
        }
        $found = $this->admit('new', $in->principal, $s->domain, [
            $s->domain, $s->domain, $s->profile, $s->username, $s->domain, $s->username, $s->domain,
            $s->ratePlanId, $s->domain, $s->resellerId, $s->domain, ...$prefixes,
        ]);
        if (array_slice(array_values($found), 5, 6) !== [1, 1, 0, 0, 1, 1]) {
            throw new SoapFault('Server', 'something is missing, or there already');
        }
        $this->db->beginTransaction();
        $this->run('insert', $this->values($s, $found));
        $id = (int) $this->db->lastInsertId();
        $object = "username=$s->username domain=$s->domain rate_plan_id=$s->ratePlanId"
            . " reseller_id=$s->resellerId";
        $this->audit('insertSubscriber', $object, $in->principal->login);
        $data = ['profile' => $s->profile, 'rate_plan_id' => $s->ratePlanId];
        $this->tell('subscriber.inserted', "$s->username@$s->domain", json_encode($data));
        $this->run('name', [$s->username, $s->domain]);
        $this->db->commit();
        return ['subscriberId' => $id];
    }

    public function removeSubscriber(object $in): array
    {
        $id = $this->known($in->principal, $in->username, $in->domain);
        $this->db->beginTransaction();
        $object = "username=$in->username domain=$in->domain";
        $this->audit('removeSubscriber', $object, $in->principal->login);
        $this->run('lock', [$id])->fetchAll();
        $this->run('freed', [$this->now(), $id]);
        $this->run('free', [$id]);
        $this->run('drop', [$id]);
        $this->tell('subscriber.removed', "$in->username@$in->domain", '{}');
        $this->run('remove', [$id]);
        $this->run('unregister', [$in->username, $in->domain]);
        $this->db->commit();
        return [];
    }

    public function updateSubscriber(object $in): array
    {
        $s = $in->subscriber;
        $this->known($in->principal, $s->username, $s->domain);
        $this->db->beginTransaction();
        $object = "username=$s->username domain=$s->domain";
        $this->audit('updateSubscriber', $object, $in->principal->login);
        $this->tell('subscriber.changed', "$s->username@$s->domain", '{"changed":["city"]}');
        $this->run('city', [$s->city, $s->username, $s->domain]);
        $this->db->commit();
        return [];
    }

    public function listByAcc(object $in): array
    {
        $domain = explode('@', $in->accountCode, 2)[1];
        $rows = $this->admitted('dids', $in->principal, $domain, [$in->accountCode]);
        if ($rows[0]['accountCode'] === null) {
            throw new SoapFault('Server', 'no such account');
        }
        $there = array_filter($rows, static fn ($row) => $row['aliasUsername'] !== null);
        return ['did' => array_map(self::filled(...), $there)];
    }

    public function listRatesByParams(object $in): array
    {
        $this->admit('principal', $in->principal, $in->domain, []);
        $rows = $this->run('rates', [$in->domain, $in->rateId])->fetchAll();
        return ['rate' => array_map(self::filled(...), $rows)];
    }

    public function insertRates(object $in): array
    {
        $domain = $in->rate[0]->domain;
        $this->admit('principal', $in->principal, $domain, []);
        $this->db->beginTransaction();
        $this->audit('insertRates', '', $in->principal->login);
        $this->run('domain', [$domain])->fetchAll();
        [$start, $row] = explode(' VALUES ', $this->config['rate']);
        $values = [];
        foreach ($in->rate as $one) {
            array_push(
                $values, $one->domain, $one->rateId, $one->prefix, $one->name,
                number_format($one->rateValue, 6, '.', ''), $one->serviceType, $one->cadency,
                $one->txConnection,
            );
        }
        $rows = implode(', ', array_fill(0, count($in->rate), $row));
        $this->db->prepare("$start VALUES $rows")->execute($values);
        $this->db->commit();
        return [];
    }

    private static function filled(array $row): array
    {
        return array_filter($row, static fn ($value) => $value !== null);
    }

    private function known(object $who, string $username, string $domain): int
    {
        $id = $this->admit('known', $who, $domain, [$username, $domain])['id'];
        return $id ?? throw new SoapFault('Server', 'no such subscriber');
    }

    /** Of the shared insert statement, in its order. */
    private function values(object $s, array $numbering): array
    {
        $account = "$s->username@$s->domain";
        $values = [
            $s->username, $s->domain, $account, $s->profile, "plain:$s->password",
            "plain:$s->passwordPortal", md5("$s->username:$s->domain:$s->password"),
            md5("$account:$s->domain:$s->password"),
        ];
        foreach (self::GIVEN as $name) {
            $value = $s->$name ?? null;
            $values[] = is_bool($value) ? (int) $value : $value;
        }
        return [...$values, $numbering['city_code'], $numbering['local_area']];
    }

    /** Administrator, grant, delay and what is asked for, in one statement; argon2 was paid before. */
    private function admit(string $name, object $who, string $domain, array $more): array
    {
        return $this->admitted($name, $who, $domain, $more)[0];
    }

    private function admitted(string $name, object $who, string $domain, array $more): array
    {
        $values = [$who->login, $domain, $who->login, $_SERVER['REMOTE_ADDR'], ...$more];
        $rows = $this->run($name, $values)->fetchAll();
        $row = $rows[0];
        $blocked = $row['principalBlockedUntil'];
        $mark = hash_hmac(
            'sha256',
            $row['principalHash'] . "\0" . $who->password,
            hex2bin($this->config['secret']),
        );
        if (
            ($blocked !== null && $blocked > gmdate('Y-m-d H:i:s'))
            || !$row['principalActive']
            || !hash_equals($this->config['mark'], $mark)
        ) {
            throw new SoapFault('Server', 'login failed');
        }
        if (!$row['principalSuperuser'] && $row['principalDomain'] === null) {
            throw new SoapFault('Server', 'access denied');
        }
        return $rows;
    }

    private function audit(string $operation, string $object, string $login): void
    {
        $values = [$login, $_SERVER['REMOTE_ADDR'], $operation, $object, bin2hex(random_bytes(8))];
        $this->run('audit', [$this->now(), ...$values]);
    }

    private function tell(string $kind, string $account, string $data): void
    {
        $this->run('event', [$this->now(), $kind, $account, $data]);
    }

    private function now(): string
    {
        return (new DateTimeImmutable('now', new DateTimeZone('UTC')))->format('Y-m-d H:i:s.u');
    }

    private function refuse(string $message): never
    {
        $this->db->rollBack();
        throw new SoapFault('Server', $message);
    }

    private function run(string $name, array $values): PDOStatement
    {
        $sql = $this->config[$name];
        if (str_contains($sql, '{prefixes}')) {
            $marks = array_fill(0, count($values) - substr_count($sql, '?'), '?');
            $sql = str_replace('{prefixes}', implode(', ', $marks), $sql);
        }
        $statement = $this->db->prepare($sql);
        $statement->execute($values);
        return $statement;
    }
}

$config = require $_SERVER['PEER_CONFIG'];
$service = basename($_SERVER['REQUEST_URI']);
$wsdl = "{$config['wsdl']}/$service.wsdl";
$server = new SoapServer($wsdl, [
    'cache_wsdl' => WSDL_CACHE_MEMORY,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$server->setObject(new Peer($config));
$server->handle();
