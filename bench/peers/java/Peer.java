package peer;

import com.sun.net.httpserver.HttpServer;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.concurrent.Executors;
import javax.annotation.Resource;
import javax.jws.WebService;
import javax.xml.ws.Endpoint;
import javax.xml.ws.WebServiceContext;

/** JAX-WS RI endpoint on the JDK's HTTP server; what it extends is generated from our WSDL. */
@WebService(
    portName = "SubscriberWSPort",
    serviceName = "SipPulse",
    targetNamespace = "http://service.ws.sippulse.voffice.com.br/",
    endpointInterface = "peer.SubscriberWS")
public class Peer extends SipPulse_SubscriberWSPortImpl {
    private static final int THREADS = 16;
    private static final int BACKLOG = 1024;

    private final Database database;

    @Resource
    private WebServiceContext context;

    Peer(Database database) {
        this.database = database;
    }

    /** Arguments: the configuration's file and the port. */
    public static void main(String[] args) throws Exception {
        Database database = new Database(args[0]);
        int port = Integer.parseInt(args[1]);
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), BACKLOG);
        server.setExecutor(Executors.newFixedThreadPool(THREADS));
        Endpoint.create(new Peer(database)).publish(server.createContext("/SipPulse/SubscriberWS"));
        Endpoint.create(new Rates(database)).publish(server.createContext("/SipPulse/RateWS"));
        Endpoint.create(new Dids(database)).publish(server.createContext("/SipPulse/DidWS"));
        server.start();
    }

    @Override
    public SubscriberDTO retrieveSubscriber(String username, String domain, UserPrincipalDTO who) {
        return database.read(db -> database.admitted(
            db, "retrieve", caller(who), domain, Rows::subscriber, username, domain));
    }

    @Override
    public void addCredit(
        String username, String domain, Double value, String obs, UserPrincipalDTO who) {
        BigDecimal change = new BigDecimal(value.toString()).setScale(6, RoundingMode.HALF_EVEN);
        Caller caller = caller(who);
        Plan plan = database.read(db -> database.admitted(
            db, "plan", caller, domain, row -> new Plan(row), username, domain));
        database.write(db -> {
            database.audit(db, "addCredit",
                "username=" + username + " domain=" + domain + " value=" + value, caller);
            storeCredit(db, plan, change, obs, who.getLogin());
            return null;
        });
    }

    @Override
    public Integer insertSubscriber(SubscriberDTO subscriber, UserPrincipalDTO who) {
        String username = subscriber.getUsername(), domain = subscriber.getDomain();
        Caller caller = caller(who);
        Numbering numbering = database.read(db -> database.admitted(
            db, "new", caller, domain, row -> new Numbering(row), questions(subscriber)));
        return database.write(db -> {
            database.audit(db, "insertSubscriber", "username=" + username + " domain=" + domain
                + " rate_plan_id=" + subscriber.getRatePlanId()
                + " reseller_id=" + subscriber.getResellerId(), caller);
            database.tell(db, "subscriber.inserted", username + "@" + domain, "{\"profile\":\""
                + subscriber.getProfile() + "\",\"rate_plan_id\":"
                + subscriber.getRatePlanId() + "}");
            int id = storeSubscriber(db, subscriber, numbering);
            database.execute(db, "name", username, domain);
            return id;
        });
    }

    @Override
    public void removeSubscriber(String username, String domain, UserPrincipalDTO who) {
        Caller caller = caller(who);
        int id = known(caller, username, domain);
        database.write(db -> {
            database.audit(
                db, "removeSubscriber", "username=" + username + " domain=" + domain, caller);
            database.executeAny(db, "lock", id);
            database.executeAny(db, "freed", Database.now(), id);
            database.executeAny(db, "free", id);
            database.executeAny(db, "drop", id);
            database.tell(db, "subscriber.removed", username + "@" + domain, "{}");
            database.execute(db, "remove", id);
            database.executeAny(db, "unregister", username, domain);
            return null;
        });
    }

    @Override
    public void updateSubscriber(SubscriberDTO subscriber, UserPrincipalDTO who) {
        String username = subscriber.getUsername(), domain = subscriber.getDomain();
        Caller caller = caller(who);
        known(caller, username, domain);
        database.write(db -> {
            database.audit(
                db, "updateSubscriber", "username=" + username + " domain=" + domain, caller);
            database.tell(
                db, "subscriber.changed", username + "@" + domain, "{\"changed\":[\"city\"]}");
            database.executeAny(db, "city", subscriber.getCity(), username, domain);
            return null;
        });
    }

    private int known(Caller caller, String username, String domain) {
        int id = database.read(db -> database.admitted(
            db, "known", caller, domain, row -> row.getInt("id"), username, domain));
        if (id == 0) {
            throw new IllegalArgumentException("no such subscriber");
        }
        return id;
    }

    /** What of a subscriber decides how credit is added. */
    private static final class Plan {
        final int subscriber;
        final String account;
        final int days;

        Plan(ResultSet row) throws SQLException {
            subscriber = row.getInt("id");
            account = row.getString("account_code");
            days = row.getBoolean("prepaid") ? row.getInt("limit_to_credit_expires") : 0;
            if (subscriber == 0) {
                throw new IllegalArgumentException("no such subscriber");
            }
        }
    }

    private void storeCredit(
        Connection db, Plan plan, BigDecimal change, String obs, String login) throws SQLException {
        Instant now = Instant.now();
        boolean limited = plan.days > 0 && change.signum() > 0;
        LocalDateTime expires = limited ? utc(now.plus(Duration.ofDays(plan.days))) : null;
        database.execute(db, "credit", change, expires, plan.subscriber, change);
        database.tell(db, "credit.added", plan.account, "{\"value\":\"" + change.toPlainString()
            + "\",\"obs\":\"" + obs + "\",\"expires_at\":\"" + expires + "\"}");
        database.execute(db, "ledger", utc(now), change, obs, login, expires, plan.subscriber);
    }

    /** What the username says, of a subscriber that may be stored. */
    private static final class Numbering {
        private static final boolean[] WANTED = {true, true, false, false, true, true};
        final String city;
        final String area;

        Numbering(ResultSet row) throws SQLException {
            for (int n = 0; n < WANTED.length; n++) {
                if (row.getBoolean(6 + n) != WANTED[n]) {
                    throw new IllegalArgumentException("something is missing, or there already");
                }
            }
            city = row.getString("city_code");
            area = row.getString("local_area");
        }
    }

    private static Object[] questions(SubscriberDTO s) {
        String username = s.getUsername(), domain = s.getDomain();
        Object[] asked = Arrays.copyOf(new Object[] {
            domain, domain, s.getProfile(), username, domain, username, domain, s.getRatePlanId(),
            domain, s.getResellerId(), domain}, 11 + username.length());
        for (int end = 1; end <= username.length(); end++) {
            asked[10 + end] = username.substring(0, end);
        }
        return asked;
    }

    private int storeSubscriber(Connection db, SubscriberDTO s, Numbering numbering)
        throws SQLException {
        String username = s.getUsername(), domain = s.getDomain();
        String secret = s.getPassword();
        String ha1 = md5(username + ":" + domain + ":" + secret);
        String ha1b = md5(username + "@" + domain + ":" + domain + ":" + secret);
        try (PreparedStatement insert = database.prepareInsert(
            db, "insert", Rows.values(s, ha1, ha1b, numbering.city, numbering.area))) {
            insert.executeUpdate();
            try (ResultSet keys = insert.getGeneratedKeys()) {
                keys.next();
                return keys.getInt(1);
            }
        }
    }

    private Caller caller(UserPrincipalDTO who) {
        return new Caller(who.getLogin(), who.getPassword(), context);
    }

    private static LocalDateTime utc(Instant moment) {
        return LocalDateTime.ofInstant(moment, ZoneOffset.UTC);
    }

    private static String md5(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return Database.hex(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }
}
