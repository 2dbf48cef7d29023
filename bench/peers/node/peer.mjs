// The `soap` package on our WSDL with mysql2; a cluster of two, as many as cores.
import cluster from 'node:cluster';
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import mysql from 'mysql2/promise';
import soap from 'soap';

const WORKERS = 2;
const CONNECTIONS = 8;
const GIVEN = `contractNumber document firstName lastName address number quarter city state zip
  phone mobile emailAddress ratePlanId resellerId resellerBillingType resellerMarkup
  lowCreditNotification lowCreditLimit activeIncomingCalls activeOutgoingCalls addServiceHeader
  blockAnonymousCalls blockCollectCalls blockEntry0303 validateSource0303 callsOnlyByIp
  copyPassertedRpid softphoneAllowed voicemail callLimit countryCode areaCode`.split(/\s+/);

const [path, port] = process.argv.slice(2);
const config = JSON.parse(readFileSync(path, 'utf8'));
const secret = Buffer.from(config.secret, 'hex');
const rightMark = Buffer.from(config.mark, 'hex');

if (cluster.isPrimary) {
  for (let n = 0; n < WORKERS; n++) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill();
    process.exit(0);
  });
} else {
  serve();
}

// Two pools: reads commit by themselves, writes are always in a transaction.
function pool(autocommit) {
  const made = mysql.createPool({
    host: '127.0.0.1',
    port: config.port,
    user: 'root',
    database: config.database,
    connectionLimit: CONNECTIONS,
    timezone: 'Z',
    dateStrings: true,
  });
  if (!autocommit) made.pool.on('connection', (db) => db.query('SET autocommit = 0'));
  return made;
}

function serve() {
  const reads = pool(true);
  const writes = pool(false);
  const address = (request) => request.socket.remoteAddress.replace('::ffff:', '');
  const subscribers = {
    retrieveSubscriber: async (args, _callback, _headers, request) => {
      const { principal, domain, username } = args;
      const row = await admit(reads, 'retrieve', principal, address(request), domain, [username, domain]);
      if (row.username === null) throw fault('no such subscriber');
      return { return: filled(row) };
    },
    addCredit: async (args, _callback, _headers, request) => {
      const { principal, domain, username } = args;
      const plan = await admit(reads, 'plan', principal, address(request), domain, [username, domain]);
      return write((db) => addCredit(db, plan, args, address(request)));
    },
    insertSubscriber: async (args, _callback, _headers, request) => {
      const { principal, subscriber } = args;
      const asked = questions(subscriber);
      const found = await admit(reads, 'new', principal, address(request), subscriber.domain, asked);
      return write((db) => insertSubscriber(db, found, args, address(request)));
    },
    removeSubscriber: async (args, _callback, _headers, request) => {
      const { principal, domain, username } = args;
      const id = await known(reads, principal, address(request), domain, username);
      return write((db) => removeSubscriber(db, id, args, address(request)));
    },
    updateSubscriber: async (args, _callback, _headers, request) => {
      const { principal, subscriber } = args;
      const { domain, username } = subscriber;
      await known(reads, principal, address(request), domain, username);
      return write((db) => updateSubscriber(db, args, address(request)));
    },
  };
  const dids = {
    listByAcc: async (args, _callback, _headers, request) => {
      const { principal, accountCode } = args;
      const domain = accountCode.split('@')[1];
      const rows = await admitted(reads, 'dids', principal, address(request), domain, [accountCode]);
      if (rows[0].accountCode === null) throw fault('no such account');
      return { did: rows.filter((row) => row.aliasUsername !== null).map(filled) };
    },
  };
  const rates = {
    listRatesByParams: async (args, _callback, _headers, request) => {
      const { principal, domain, rateId } = args;
      await admit(reads, 'principal', principal, address(request), domain, []);
      const [rows] = await run(reads, 'rates', [domain, rateId]);
      return { rate: rows.map(filled) };
    },
    insertRates: async (args, _callback, _headers, request) => {
      const { domain } = args.rate[0];
      await admit(reads, 'principal', args.principal, address(request), domain, []);
      return write((db) => insertRates(db, args, address(request)));
    },
  };
  const services = { SubscriberWS: subscribers, DidWS: dids, RateWS: rates };

  async function write(change) {
    const db = await writes.getConnection();
    try {
      const result = await change(db);
      await db.commit();
      return result;
    } catch (error) {
      await db.rollback();
      throw error;
    } finally {
      db.release();
    }
  }

  const server = http.createServer((request, response) => response.writeHead(404).end());
  server.keepAliveTimeout = 60_000;
  server.listen(Number(port), '127.0.0.1', 1024, () => {
    for (const [name, operations] of Object.entries(services)) {
      const wsdl = readFileSync(`${config.wsdl}/${name}.wsdl`, 'utf8');
      soap.listen(server, `/SipPulse/${name}`, { SipPulse: { [`${name}Port`]: operations } }, wsdl);
    }
  });
}

async function addCredit(db, plan, args, address) {
  if (plan.id === null) throw fault('no such subscriber');
  const change = Number(args.value).toFixed(6);
  const now = new Date();
  const days = plan.prepaid && change > 0 ? plan.limit_to_credit_expires : 0;
  const expires = days ? moment(new Date(now.getTime() + days * 86_400_000)) : null;
  const [changed] = await run(db, 'credit', [change, expires, plan.id, change]);
  if (!changed.affectedRows) throw fault('the balance would not fit');
  const { login } = args.principal;
  await run(db, 'ledger', [moment(now), change, args.obs, login, expires, plan.id]);
  const object = `username=${args.username} domain=${args.domain} value=${args.value}`;
  await audit(db, 'addCredit', object, args.principal.login, address);
  const data = { value: change, obs: args.obs, expires_at: expires };
  await tell(db, 'credit.added', plan.account_code, data);
  return {};
}

async function removeSubscriber(db, id, args, address) {
  const { username, domain } = args;
  const object = `username=${username} domain=${domain}`;
  await audit(db, 'removeSubscriber', object, args.principal.login, address);
  await run(db, 'lock', [id]);
  await run(db, 'freed', [moment(new Date()), id]);
  await run(db, 'free', [id]);
  await run(db, 'drop', [id]);
  await tell(db, 'subscriber.removed', `${username}@${domain}`, {});
  await run(db, 'remove', [id]);
  await run(db, 'unregister', [username, domain]);
  return {};
}

async function updateSubscriber(db, args, address) {
  const { username, domain, city } = args.subscriber;
  const object = `username=${username} domain=${domain}`;
  await audit(db, 'updateSubscriber', object, args.principal.login, address);
  await tell(db, 'subscriber.changed', `${username}@${domain}`, { changed: ['city'] });
  await run(db, 'city', [city, username, domain]);
  return {};
}

async function insertRates(db, args, address) {
  await audit(db, 'insertRates', '', args.principal.login, address);
  await run(db, 'domain', [args.rate[0].domain]);
  const rows = args.rate.map((one) => [
    one.domain, one.rateId, one.prefix, one.name, Number(one.rateValue).toFixed(6),
    one.serviceType, one.cadency, one.txConnection,
  ]);
  await db.query(config.rate.replace(/VALUES .*/, 'VALUES ?'), [rows]);
  return {};
}

function questions(s) {
  const prefixes = Array.from(s.username, (_, end) => s.username.slice(0, end + 1));
  return [
    s.domain, s.domain, s.profile, s.username, s.domain, s.username, s.domain,
    s.ratePlanId, s.domain, s.resellerId, s.domain, ...prefixes,
  ];
}

async function insertSubscriber(db, found, args, address) {
  const s = args.subscriber;
  if (Object.values(found).slice(5, 11).join() !== '1,1,0,0,1,1') {
    throw fault('something is missing, or there already');
  }
  const account = `${s.username}@${s.domain}`;
  const [inserted] = await run(db, 'insert', [
    s.username, s.domain, account, s.profile, `plain:${s.password}`, `plain:${s.passwordPortal}`,
    md5(`${s.username}:${s.domain}:${s.password}`), md5(`${account}:${s.domain}:${s.password}`),
    ...GIVEN.map((name) => s[name] ?? null),
    found.city_code, found.local_area,
  ]);
  const object = `username=${s.username} domain=${s.domain} rate_plan_id=${s.ratePlanId}`
    + ` reseller_id=${s.resellerId}`;
  await audit(db, 'insertSubscriber', object, args.principal.login, address);
  await tell(db, 'subscriber.inserted', account, { profile: s.profile, rate_plan_id: s.ratePlanId });
  await run(db, 'name', [s.username, s.domain]);
  return { subscriberId: inserted.insertId };
}

// Administrator, grant, delay and what is asked for, in one statement; argon2 was paid before.
async function admitted(db, name, who, address, domain, more) {
  const [rows] = await run(db, name, [who.login, domain, who.login, address, ...more]);
  const [row] = rows;
  const blocked = row.principalBlockedUntil;
  const proof = `${row.principalHash}\0${who.password}`;
  const mark = createHmac('sha256', secret).update(proof).digest();
  if (
    (blocked !== null && blocked > moment(new Date())) || !row.principalActive
    || !timingSafeEqual(mark, rightMark)
  ) throw fault('login failed');
  if (!row.principalSuperuser && row.principalDomain === null) throw fault('access denied');
  return rows;
}

async function admit(...asked) {
  return (await admitted(...asked))[0];
}

async function known(db, who, address, domain, username) {
  const { id } = await admit(db, 'known', who, address, domain, [username, domain]);
  if (id === null) throw fault('no such subscriber');
  return id;
}

function tell(db, kind, account, data) {
  return run(db, 'event', [moment(new Date()), kind, account, JSON.stringify(data)]);
}

function audit(db, operation, object, login, address) {
  const id = randomBytes(8).toString('hex');
  return run(db, 'audit', [moment(new Date()), login, address, operation, object, id]);
}

function run(db, name, values) {
  let sql = config[name];
  if (sql.includes('{prefixes}')) {
    const marks = Array(values.length - sql.split('?').length + 1).fill('?');
    sql = sql.replace('{prefixes}', marks.join(', '));
  }
  return db.query(sql, values);
}

function filled(row) {
  for (const name of Object.keys(row)) {
    if (row[name] === null || name.startsWith('principal')) delete row[name];
  }
  return row;
}

const moment = (date) => date.toISOString().replace('T', ' ').replace('Z', '');
const fault = (text) => ({ Fault: { faultcode: 'S:Server', faultstring: text, statusCode: 500 } });
const md5 = (text) => createHash('md5').update(text).digest('hex');
