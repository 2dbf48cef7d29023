import interop.did.Did;
import interop.did.DidWS;
import interop.domain.DomainWS;
import interop.huntgroup.HuntGroup;
import interop.huntgroup.HuntGroupWS;
import interop.subscriber.SubscriberDTO;
import interop.subscriber.SubscriberWS;
import interop.subscriber.UserPrincipalDTO;
import java.io.PrintStream;
import java.net.URL;
import java.util.List;
import java.util.stream.Collectors;
import javax.xml.ws.Holder;

/** Does what scenario.py says, with classes that wsimport made of our WSDLs. */
public class Client {
    public static void main(String[] args) throws Exception {
        String url = args[0], domain = args[1], login = args[2], password = args[3];
        String username = args[4], partner = args[5], number = args[6];
        PrintStream out = new PrintStream(System.out, true, "UTF-8");

        DomainWS domains = new interop.domain.SipPulse(new URL(url + "DomainWS?wsdl"))
            .getDomainWSPort();
        interop.domain.UserPrincipalDTO forDomains = new interop.domain.UserPrincipalDTO();
        forDomains.setLogin(login);
        forDomains.setPassword(password);
        String names = texts(domains.listDomains(forDomains).stream()
            .map(interop.domain.Domain::getDomain).collect(Collectors.toList()));

        SubscriberWS subscribers = new interop.subscriber.SipPulse(
            new URL(url + "SubscriberWS?wsdl")).getSubscriberWSPort();
        UserPrincipalDTO principal = new UserPrincipalDTO();
        principal.setLogin(login);
        principal.setPassword(password);
        SubscriberDTO subscriber = subscriber(username, domain);
        Integer id = subscribers.insertSubscriber(subscriber, principal);
        subscribers.insertSubscriber(subscriber(partner, domain), principal);
        SubscriberDTO read = subscribers.retrieveSubscriber(username, domain, principal);

        DidWS dids = new interop.did.SipPulse(new URL(url + "DidWS?wsdl")).getDidWSPort();
        interop.did.UserPrincipalDTO forDids = new interop.did.UserPrincipalDTO();
        forDids.setLogin(login);
        forDids.setPassword(password);
        Did did = new Did();
        did.setAliasUsername(number);
        did.setUsername(username);
        did.setDomain(domain);
        did.setAccountCode(read.getAccountCode());
        did.setMonthlySubscription(1.25);
        dids.insertDid(did, forDids);
        String numbers = texts(dids.listByAcc(read.getAccountCode(), forDids).stream()
            .map(Did::getAliasUsername).collect(Collectors.toList()));

        HuntGroupWS huntGroups = new interop.huntgroup.SipPulse(
            new URL(url + "HuntGroupWS?wsdl")).getHuntGroupWSPort();
        interop.huntgroup.UserPrincipalDTO forGroups = new interop.huntgroup.UserPrincipalDTO();
        forGroups.setLogin(login);
        forGroups.setPassword(password);
        HuntGroup group = new HuntGroup();
        group.setDescription("Vendas " + username);
        group.setDomain(domain);
        group.setGroupList(username + ";" + partner);
        group.setMethod("serial");
        group.setTimeout(20);
        Holder<HuntGroup> holder = new Holder<>(group);
        huntGroups.insertHuntGroup(holder, forGroups);

        String duplicate = null;
        try {
            subscribers.insertSubscriber(subscriber, principal);
        } catch (interop.subscriber.WSException e) {
            duplicate = e.getFaultInfo().getFaultMessage();
        }
        String stranger = null;
        try {
            principal.setPassword("wrong");
            subscribers.retrieveSubscriber(username, domain, principal);
        } catch (interop.subscriber.WSException e) {
            stranger = e.getFaultInfo().getFaultMessage();
        }

        out.println("{\"domains\": " + names
            + ", \"subscriberId\": " + id
            + ", \"accountCode\": " + text(read.getAccountCode())
            + ", \"firstName\": " + text(read.getFirstName())
            + ", \"lastName\": " + text(read.getLastName())
            + ", \"mobile\": " + read.getMobile()
            + ", \"callLimit\": " + read.getCallLimit()
            + ", \"lowCreditLimit\": " + read.getLowCreditLimit()
            + ", \"activeOutgoingCalls\": " + read.isActiveOutgoingCalls()
            + ", \"dids\": " + numbers
            + ", \"huntGroupId\": " + holder.value.getId()
            + ", \"groupList\": " + text(holder.value.getGroupList())
            + ", \"uri\": " + text(holder.value.getUri())
            + ", \"duplicateFault\": " + text(duplicate)
            + ", \"loginFault\": " + text(stranger) + "}");
    }

    private static SubscriberDTO subscriber(String username, String domain) {
        SubscriberDTO subscriber = new SubscriberDTO();
        subscriber.setUsername(username);
        subscriber.setDomain(domain);
        subscriber.setPassword("segredo-" + username);
        subscriber.setProfile("interop");
        subscriber.setFirstName("João & Filhos <Ltda>");
        subscriber.setMobile(5511987654321L);
        subscriber.setCallLimit(3);
        subscriber.setLowCreditLimit(10.5);
        subscriber.setActiveIncomingCalls(true);
        subscriber.setActiveOutgoingCalls(true);
        return subscriber;
    }

    private static String texts(List<String> values) {
        return values.stream().map(Client::text).collect(Collectors.joining(", ", "[", "]"));
    }

    /** A JSON string; the values here hold no control characters. */
    private static String text(String value) {
        return value == null
            ? "null" : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
