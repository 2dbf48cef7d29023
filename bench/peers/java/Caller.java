package peer;

import com.sun.net.httpserver.HttpExchange;
import javax.xml.ws.WebServiceContext;

/** Whose request it is, and from where it came. */
final class Caller {
    private static final String EXCHANGE = "com.sun.xml.ws.http.exchange";

    final String login;
    final String password;
    final String address;

    Caller(String login, String password, WebServiceContext context) {
        this.login = login;
        this.password = password;
        HttpExchange exchange = (HttpExchange) context.getMessageContext().get(EXCHANGE);
        address = exchange.getRemoteAddress().getAddress().getHostAddress();
    }
}
