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
  const operations = {
    retrieveSubscriber: async (args, _callback, _headers, request) => {
      await authenticate(reads, args.principal, address(request), args.domain);
      const [[row]] = await run(reads, 'retrieve', [args.username, args.domain]);
      if (!row) throw fault('no such subscriber');
      for (const name in row) if (row[name] === null) delete row[name];
      return { return: row };
    },
    addCredit: (args, _callback, _headers, request) =>
      write(args.principal, args.domain, request, (db) => addCredit(db, args, address(request))),
    insertSubscriber: (args, _callback, _headers, request) =>
      write(args.principal, args.subscriber.domain, request, (db) =>
        insertSubscriber(db, args, address(request))),
  };

  async function write(principal, domain, request, change) {
    await authenticate(reads, principal, address(request), domain);
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
    const services = { SipPulse: { SubscriberWSPort: operations } };
    soap.listen(server, '/SipPulse/SubscriberWS', services, readFileSync(config.wsdl, 'utf8'));
  });
}

async function addCredit(db, args, address) {
  const change = Number(args.value).toFixed(6);
  const [[plan]] = await run(db, 'plan', [args.username, args.domain]);
  if (!plan) throw fault('no such subscriber');
  const now = new Date();
  const days = plan.prepaid && change > 0 ? plan.limit_to_credit_expires : 0;
  const expires = days ? moment(new Date(now.getTime() + days * 86_400_000)) : null;
  const [changed] = await run(db, 'credit', [change, expires, plan.id, change]);
  if (!changed.affectedRows) throw fault('the balance would not fit');
  await run(db, 'ledger', [
    moment(now), plan.id, plan.account_code, change, plan.id, args.obs, args.principal.login,
    expires,
  ]);
  const object = `username=${args.username} domain=${args.domain} value=${args.value}`;
  await audit(db, 'addCredit', object, args.principal.login, address);
  return {};
}

async function insertSubscriber(db, args, address) {
  const s = args.subscriber;
  await require_(db, 'new', [1, 1, 0, 0], [
    s.domain, s.domain, s.profile, s.username, s.domain, s.username, s.domain,
  ]);
  await require_(db, 'references', [1, 1], [s.ratePlanId, s.domain, s.resellerId, s.domain]);
  const prefixes = Array.from(s.username, (_, end) => s.username.slice(0, end + 1));
  const [[numbering]] = await run(db, 'numbering', prefixes);
  const account = `${s.username}@${s.domain}`;
  const [inserted] = await run(db, 'insert', [
    s.username, s.domain, account, s.profile, `plain:${s.password}`, `plain:${s.passwordPortal}`,
    md5(`${s.username}:${s.domain}:${s.password}`), md5(`${account}:${s.domain}:${s.password}`),
    ...GIVEN.map((name) => s[name] ?? null),
    numbering?.city_code ?? null, numbering?.local_area ?? null,
  ]);
  const object = `username=${s.username} domain=${s.domain} rate_plan_id=${s.ratePlanId}`
    + ` reseller_id=${s.resellerId}`;
  await audit(db, 'insertSubscriber', object, args.principal.login, address);
  return { subscriberId: inserted.insertId };
}

// Administrator, grant and pending delay in one statement; argon2 was paid before.
async function authenticate(db, who, address, domain) {
  const [[row]] = await run(db, 'principal', [who.login, domain, who.login, address]);
  const delayed = row.blocked_until !== null && row.blocked_until > moment(new Date());
  const mark = createHmac('sha256', secret).update(`${row.password_hash}\0${who.password}`).digest();
  if (delayed || !row.active || !timingSafeEqual(mark, rightMark)) throw fault('login failed');
  if (!row.superuser && row.granted === null) throw fault('access denied');
}

function audit(db, operation, object, login, address) {
  const id = randomBytes(8).toString('hex');
  return run(db, 'audit', [moment(new Date()), login, address, operation, object, id]);
}

async function require_(db, name, wanted, values) {
  const [[row]] = await run(db, name, values);
  if (Object.values(row).some((value, n) => value !== wanted[n])) throw fault(name);
}

function run(db, name, values) {
  return db.query(config[name].replace('{prefixes}', values.map(() => '?').join(', ')), values);
}

const moment = (date) => date.toISOString().replace('T', ' ').replace('Z', '');
const fault = (text) => ({ Fault: { faultcode: 'S:Server', faultstring: text, statusCode: 500 } });
const md5 = (text) => createHash('md5').update(text).digest('hex');
