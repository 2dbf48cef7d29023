package peer;

import com.sun.net.httpserver.HttpExchange;
import java.math.BigDecimal;
import java.math.RoundingMode;
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
import java.util.concurrent.ThreadLocalRandom;
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
    private static final String EXCHANGE = "com.sun.xml.ws.http.exchange";

    private final Database database;

    @Resource
    private WebServiceContext context;

    Peer(Database database) {
        this.database = database;
    }

    /** Arguments: the configuration's file and the port. */
    public static void main(String[] args) throws Exception {
        Endpoint endpoint = Endpoint.create(new Peer(new Database(args[0])));
        endpoint.setExecutor(Executors.newFixedThreadPool(THREADS));
        endpoint.publish("http://127.0.0.1:" + args[1] + "/SipPulse/SubscriberWS");
    }

    @Override
    public SubscriberDTO retrieveSubscriber(String username, String domain, UserPrincipalDTO who) {
        return read(db -> database.admitted(
            db, "retrieve", who, address(), domain, Rows::subscriber, username, domain));
    }

    @Override
    public void addCredit(
        String username, String domain, Double value, String obs, UserPrincipalDTO who) {
        BigDecimal change = new BigDecimal(value.toString()).setScale(6, RoundingMode.HALF_EVEN);
        Plan plan = read(db -> database.admitted(
            db, "plan", who, address(), domain, row -> new Plan(row), username, domain));
        write(db -> {
            storeCredit(db, plan, change, obs, who.getLogin());
            audit(db, "addCredit", "username=" + username + " domain=" + domain + " value=" + value, who);
            return null;
        });
    }

    @Override
    public Integer insertSubscriber(SubscriberDTO subscriber, UserPrincipalDTO who) {
        Numbering numbering = read(db -> database.admitted(
            db, "new", who, address(), subscriber.getDomain(), row -> new Numbering(row),
            questions(subscriber)));
        return write(db -> {
            int id = storeSubscriber(db, subscriber, numbering);
            audit(db, "insertSubscriber", "username=" + subscriber.getUsername() + " domain="
                + subscriber.getDomain() + " rate_plan_id=" + subscriber.getRatePlanId()
                + " reseller_id=" + subscriber.getResellerId(), who);
            return id;
        });
    }

    /** What of a subscriber decides how credit is added. */
    private static final class Plan {
        final int subscriber;
        final int days;

        Plan(ResultSet row) throws SQLException {
            subscriber = row.getInt("id");
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

    private void audit(Connection db, String operation, String object, UserPrincipalDTO who)
        throws SQLException {
        String id = String.format("%016x", ThreadLocalRandom.current().nextLong());
        database.execute(
            db, "audit", utc(Instant.now()), who.getLogin(), address(), operation, object, id);
    }

    private <T> T read(Change<T> query) {
        try (Connection db = database.reads.getConnection()) {
            return query.make(db);
        } catch (SQLException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Commits what the change does, or nothing. */
    private <T> T write(Change<T> change) {
        try (Connection db = database.writes.getConnection()) {
            try {
                T result = change.make(db);
                db.commit();
                return result;
            } catch (SQLException | RuntimeException error) {
                db.rollback();
                throw error;
            }
        } catch (SQLException error) {
            throw new IllegalStateException(error);
        }
    }

    private interface Change<T> {
        T make(Connection db) throws SQLException;
    }

    private String address() {
        HttpExchange exchange = (HttpExchange) context.getMessageContext().get(EXCHANGE);
        return exchange.getRemoteAddress().getAddress().getHostAddress();
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
