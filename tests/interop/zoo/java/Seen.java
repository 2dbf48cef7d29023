/** What a client saw, printed as one JSON object. */
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

public class Seen {
    private final Map<String, Object> values = new TreeMap<>();

    public void put(String name, Object value) {
        values.put(name, value);
    }

    /** The fault that a call must end in. */
    public static Exception fault(Callable<?> call) {
        try {
            call.call();
        } catch (Exception fault) {
            return fault;
        }
        throw new IllegalStateException("no fault");
    }

    public void print() throws Exception {
        StringBuilder text = new StringBuilder("{");
        for (Map.Entry<String, Object> one : values.entrySet()) {
            text.append(text.length() > 1 ? ", " : "").append(quoted(one.getKey())).append(": ");
            Object value = one.getValue();
            boolean plain = value instanceof Number || value instanceof Boolean;
            text.append(value == null || plain || value instanceof java.util.List ? "" + value : quoted("" + value));
        }
        System.out.write(text.append("}\n").toString().getBytes("US-ASCII"));
        System.out.flush();
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char one : text.toCharArray()) {
            boolean plain = one >= ' ' && one < 127 && one != '"' && one != '\\';
            quoted.append(plain ? "" + one : String.format("\\u%04x", (int) one));
        }
        return quoted.append('"').toString();
    }
}
