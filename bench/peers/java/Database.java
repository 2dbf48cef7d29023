package peer;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The database of the peer: two pools, the shared statements, and who may do what. */
public final class Database {
    private static final int THREADS = 16;

    final HikariDataSource reads;
    final HikariDataSource writes;
    private final Properties config = new Properties();
    private final Set<String> marks;
    private final SecretKeySpec secret;

    Database(String path) throws Exception {
        try (FileInputStream file = new FileInputStream(path)) {
            config.load(file);
        }
        reads = pool(true);
        writes = pool(false);
        marks = Set.of(config.getProperty("mark"));
        secret = new SecretKeySpec(bytes(config.getProperty("secret")), "HmacSHA256");
    }

    private HikariDataSource pool(boolean autoCommit) {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl("jdbc:mariadb://127.0.0.1:" + config.getProperty("port") + "/"
            + config.getProperty("database") + "?rewriteBatchedStatements=true");
        pool.setUsername("root");
        pool.setMaximumPoolSize(THREADS);
        pool.setAutoCommit(autoCommit);
        return new HikariDataSource(pool);
    }

    PreparedStatement prepare(Connection db, String name, Object... values) throws SQLException {
        String sql = config.getProperty(name);
        if (sql.contains("{prefixes}")) {
            int given = (int) sql.chars().filter(one -> one == '?').count();
            sql = sql.replace("{prefixes}", "?" + ", ?".repeat(values.length - given - 1));
        }
        return fill(db.prepareStatement(sql), values);
    }

    PreparedStatement prepareInsert(Connection db, String name, Object... values)
        throws SQLException {
        return fill(
            db.prepareStatement(config.getProperty(name), Statement.RETURN_GENERATED_KEYS), values);
    }

    private static PreparedStatement fill(PreparedStatement statement, Object... values)
        throws SQLException {
        for (int n = 0; n < values.length; n++) {
            statement.setObject(n + 1, values[n]);
        }
        return statement;
    }

    void execute(Connection db, String name, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(db, name, values)) {
            if (statement.executeUpdate() != 1) {
                throw new IllegalArgumentException(name);
            }
        }
    }

    /** A row that need not be there. */
    void executeAny(Connection db, String name, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(db, name, values)) {
            statement.execute();
        }
    }

    void executeAll(Connection db, String name, List<Object[]> rows) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(config.getProperty(name))) {
            for (Object[] values : rows) {
                fill(statement, values);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    void audit(Connection db, String operation, String object, Caller who) throws SQLException {
        String id = String.format("%016x", ThreadLocalRandom.current().nextLong());
        execute(db, "audit", now(), who.login, who.address, operation, object, id);
    }

    void tell(Connection db, String kind, String account, String data) throws SQLException {
        execute(db, "event", now(), kind, account, data);
    }

    static LocalDateTime now() {
        return LocalDateTime.now(ZoneOffset.UTC);
    }

    <T> T read(Change<T> query) {
        try (Connection db = reads.getConnection()) {
            return query.make(db);
        } catch (SQLException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Commits what the change does, or nothing. */
    <T> T write(Change<T> change) {
        try (Connection db = writes.getConnection()) {
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

    interface Change<T> {
        T make(Connection db) throws SQLException;
    }

    interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Administrator, grant, delay and what is asked for, in one statement; argon2 was paid before. */
    <T> T admitted(
        Connection db, String name, Caller who, String domain, Reader<T> reader, Object... more)
        throws SQLException {
        Object[] values = Arrays.copyOf(
            new Object[] {who.login, domain, who.login, who.address}, 4 + more.length);
        System.arraycopy(more, 0, values, 4, more.length);
        try (PreparedStatement statement = prepare(db, name, values);
            ResultSet row = statement.executeQuery()) {
            row.next();
            Timestamp blocked = row.getTimestamp(5);
            boolean delayed = blocked != null && blocked.getTime() > System.currentTimeMillis();
            String hash = row.getString(1);
            if (delayed || hash == null || !row.getBoolean(2)
                || !marks.contains(mark(hash, who.password))) {
                throw new IllegalArgumentException("login failed");
            }
            if (!row.getBoolean(3) && row.getString(4) == null) {
                throw new IllegalArgumentException("access denied");
            }
            return reader.read(row); // which stands on the first row
        }
    }

    private String mark(String hash, String password) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(secret);
            return hex(mac.doFinal((hash + "\0" + password).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException(error);
        }
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte one : bytes) {
            text.append(Character.forDigit((one >> 4) & 15, 16)).append(Character.forDigit(one & 15, 16));
        }
        return text.toString();
    }

    private static byte[] bytes(String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int n = 0; n < bytes.length; n++) {
            bytes[n] = (byte) Integer.parseInt(hex.substring(2 * n, 2 * n + 2), 16);
        }
        return bytes;
    }
}
