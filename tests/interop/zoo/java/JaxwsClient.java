/**
 * The client of JAX-WS 2.3, JAX-WS 4 and Apache CXF: JaxwsClient URL DOMAIN LOGIN PASSWORD USERNAME [OPTION…].
 *
 * Options: mtom, schema (validation by the client, of CXF).
 */
import java.net.URL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.ws.BindingProvider;
import javax.xml.ws.Holder;
import javax.xml.ws.WebServiceFeature;
import javax.xml.ws.soap.MTOMFeature;

public class JaxwsClient {
    static String base;
    static List<String> options;

    static WebServiceFeature[] features() {
        return options.contains("mtom") ? new WebServiceFeature[] {new MTOMFeature()} : new WebServiceFeature[0];
    }

    static URL wsdl(String service) throws Exception {
        return new URL(base + service + "?wsdl");
    }

    static <T> T checked(T port) {
        if (options.contains("schema")) {
            ((BindingProvider) port).getRequestContext().put("schema-validation-enabled", "true");
        }
        return port;
    }

    public static void main(String[] args) throws Exception {
        base = args[0];
        options = Arrays.asList(args).subList(5, args.length);
        String domain = args[1], username = args[4];
        Seen seen = new Seen();
        subscriber(seen, domain, args[2], args[3], username);
        dids(seen, domain, args[2], args[3], username);
        huntGroup(seen, domain, args[2], args[3], username);
        location(seen, domain, args[2], args[3], username);
        seen.print();
    }

    static void subscriber(Seen seen, String domain, String login, String password, String username) throws Exception {
        zoo.subscriberws.SubscriberWS port =
            checked(new zoo.subscriberws.SipPulse(wsdl("SubscriberWS")).getSubscriberWSPort(features()));
        zoo.subscriberws.UserPrincipalDTO principal = new zoo.subscriberws.UserPrincipalDTO();
        principal.setLogin(login);
        principal.setPassword(password);
        zoo.subscriberws.SubscriberDTO subscriber = new zoo.subscriberws.SubscriberDTO();
        subscriber.setUsername(username);
        subscriber.setDomain(domain);
        subscriber.setPassword("p\u00e7-secret");
        subscriber.setProfile("interop");
        subscriber.setFirstName("Jo\u00e3o & \u2039\u00d1> \u20ac");
        seen.put("inserted", port.insertSubscriber(subscriber, principal));
        Exception duplicate = Seen.fault(() -> port.insertSubscriber(subscriber, principal));
        boolean typed = duplicate instanceof zoo.subscriberws.WSException;
        seen.put("typed", typed);
        seen.put("duplicate", typed ? ((zoo.subscriberws.WSException) duplicate).getFaultInfo().getFaultMessage() : "" + duplicate);
        seen.put("firstName", port.retrieveSubscriber(username, domain, principal).getFirstName());
        port.addCredit(username, domain, 0.1, "\u00e7", principal);
        seen.put("credit", port.retrieveCredit(username, domain, principal));
        principal.setPassword("wrong");
        seen.put("wrongPassword", Seen.fault(() -> port.retrieveCredit(username, domain, principal)).getMessage());
    }

    static void dids(Seen seen, String domain, String login, String password, String username) throws Exception {
        zoo.didws.DidWS port = checked(new zoo.didws.SipPulse(wsdl("DidWS")).getDidWSPort(features()));
        zoo.didws.UserPrincipalDTO principal = new zoo.didws.UserPrincipalDTO();
        principal.setLogin(login);
        principal.setPassword(password);
        String account = username + "@" + domain;
        List<Integer> sizes = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            sizes.add(port.listByAcc(account, principal).size());
            zoo.didws.Did did = new zoo.didws.Did();
            did.setAccountCode(account);
            did.setAliasUsername("5548" + username + number);
            did.setUsername(username);
            did.setDomain(domain);
            port.insertDid(did, principal);
        }
        seen.put("lists", sizes);
    }

    static void huntGroup(Seen seen, String domain, String login, String password, String username) throws Exception {
        zoo.huntgroupws.HuntGroupWS port =
            checked(new zoo.huntgroupws.SipPulse(wsdl("HuntGroupWS")).getHuntGroupWSPort(features()));
        zoo.huntgroupws.UserPrincipalDTO principal = new zoo.huntgroupws.UserPrincipalDTO();
        principal.setLogin(login);
        principal.setPassword(password);
        zoo.huntgroupws.HuntGroup group = new zoo.huntgroupws.HuntGroup();
        group.setDescription("\u00c7 " + username);
        group.setDomain(domain);
        group.setMethod("serial");
        group.setGroupList(username);
        group.setTimeout(20);
        Holder<zoo.huntgroupws.HuntGroup> holder = new Holder<>(group);
        port.insertHuntGroup(holder, principal);
        seen.put("groupId", holder.value.getId());
        seen.put("uri", holder.value.getUri());
    }

    static void location(Seen seen, String domain, String login, String password, String username) throws Exception {
        zoo.userlocationws.UserLocationWS port =
            checked(new zoo.userlocationws.SipPulse(wsdl("UserLocationWS")).getUserLocationWSPort(features()));
        zoo.userlocationws.UserPrincipalDTO principal = new zoo.userlocationws.UserPrincipalDTO();
        principal.setLogin(login);
        principal.setPassword(password);
        port.addUserLocation(username, domain, "sip:" + username + "@203.0.113.9", principal);
        seen.put("moment", port.listUserLocations(username, domain, principal).get(0).getLastModified().toXMLFormat());
    }
}
