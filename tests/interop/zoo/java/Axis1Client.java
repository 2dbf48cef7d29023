/** The client of Apache Axis 1.4: Axis1Client URL DOMAIN LOGIN PASSWORD USERNAME. */
import java.net.URL;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.TimeZone;

public class Axis1Client {
    public static void main(String[] args) throws Exception {
        String base = args[0], domain = args[1], login = args[2], password = args[3], username = args[4];
        Seen seen = new Seen();
        zoo.subscriberws.SubscriberWS subscribers =
            new zoo.subscriberws.SipPulseLocator().getSubscriberWSPort(new URL(base + "SubscriberWS"));
        zoo.subscriberws.UserPrincipalDTO principal = new zoo.subscriberws.UserPrincipalDTO(login, password);
        zoo.subscriberws.SubscriberDTO subscriber = new zoo.subscriberws.SubscriberDTO();
        subscriber.setUsername(username);
        subscriber.setDomain(domain);
        subscriber.setPassword("p\u00e7-secret");
        subscriber.setProfile("interop");
        subscriber.setFirstName("Jo\u00e3o & \u2039\u00d1> \u20ac");
        seen.put("inserted", subscribers.insertSubscriber(subscriber, principal));
        Exception duplicate = Seen.fault(() -> subscribers.insertSubscriber(subscriber, principal));
        boolean typed = duplicate instanceof zoo.subscriberws.WsExceptionMessage;
        seen.put("typed", typed);
        seen.put("duplicate", typed ? ((zoo.subscriberws.WsExceptionMessage) duplicate).getFaultMessage() : "" + duplicate);
        seen.put("firstName", subscribers.retrieveSubscriber(username, domain, principal).getFirstName());
        subscribers.addCredit(username, domain, 0.1, "\u00e7", principal);
        seen.put("credit", subscribers.retrieveCredit(username, domain, principal));
        zoo.subscriberws.UserPrincipalDTO wrong = new zoo.subscriberws.UserPrincipalDTO(login, "wrong");
        Exception refused = Seen.fault(() -> subscribers.retrieveCredit(username, domain, wrong));
        seen.put("wrongPassword", ((zoo.subscriberws.WsExceptionMessage) refused).getFaultMessage());
        lists(seen, base, username, domain, new zoo.didws.UserPrincipalDTO(login, password));

        zoo.huntgroupws.HuntGroup group = new zoo.huntgroupws.HuntGroup();
        group.setDescription("\u00c7 " + username);
        group.setDomain(domain);
        group.setMethod("serial");
        group.setGroupList(username);
        group.setTimeout(20);
        zoo.huntgroupws.holders.HuntGroupHolder holder = new zoo.huntgroupws.holders.HuntGroupHolder(group);
        new zoo.huntgroupws.SipPulseLocator().getHuntGroupWSPort(new URL(base + "HuntGroupWS"))
            .insertHuntGroup(holder, new zoo.huntgroupws.UserPrincipalDTO(login, password));
        seen.put("groupId", holder.value.getId());
        seen.put("uri", holder.value.getUri());

        zoo.userlocationws.UserLocationWS locations =
            new zoo.userlocationws.SipPulseLocator().getUserLocationWSPort(new URL(base + "UserLocationWS"));
        zoo.userlocationws.UserPrincipalDTO who = new zoo.userlocationws.UserPrincipalDTO(login, password);
        locations.addUserLocation(username, domain, "sip:" + username + "@203.0.113.9", who);
        SimpleDateFormat form = new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss'Z'");
        form.setTimeZone(TimeZone.getTimeZone("UTC"));
        seen.put("moment", form.format(locations.listUserLocations(username, domain, who)[0].getLastModified().getTime()));
        seen.print();
    }

    static void lists(Seen seen, String base, String username, String domain, zoo.didws.UserPrincipalDTO principal)
            throws Exception {
        zoo.didws.DidWS port = new zoo.didws.SipPulseLocator().getDidWSPort(new URL(base + "DidWS"));
        String account = username + "@" + domain;
        List<Integer> sizes = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            zoo.didws.Did[] found = port.listByAcc(account, principal);
            sizes.add(found == null ? 0 : found.length);
            zoo.didws.Did did = new zoo.didws.Did();
            did.setAccountCode(account);
            did.setAliasUsername("5548" + username + number);
            did.setUsername(username);
            did.setDomain(domain);
            port.insertDid(did, principal);
        }
        seen.put("lists", sizes);
    }
}
