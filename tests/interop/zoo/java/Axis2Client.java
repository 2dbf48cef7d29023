/** The client of Apache Axis2 with ADB: Axis2Client URL DOMAIN LOGIN PASSWORD USERNAME. */
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.TimeZone;
import zoo.didws.types.Did;
import zoo.didws.types.InsertDid;
import zoo.didws.types.InsertDidE;
import zoo.didws.types.ListByAcc;
import zoo.didws.types.ListByAccE;
import zoo.huntgroupws.types.HuntGroup;
import zoo.huntgroupws.types.InsertHuntGroup;
import zoo.huntgroupws.types.InsertHuntGroupE;
import zoo.subscriberws.types.*;
import zoo.userlocationws.types.AddUserLocation;
import zoo.userlocationws.types.AddUserLocationE;
import zoo.userlocationws.types.ListUserLocations;
import zoo.userlocationws.types.ListUserLocationsE;

public class Axis2Client {
    static String domain, login, password, username;

    public static void main(String[] args) throws Exception {
        String base = args[0];
        domain = args[1];
        login = args[2];
        password = args[3];
        username = args[4];
        Seen seen = new Seen();
        subscriber(seen, new zoo.subscriberws.SipPulseStub(base + "SubscriberWS"));
        dids(seen, new zoo.didws.SipPulseStub(base + "DidWS"));
        huntGroup(seen, new zoo.huntgroupws.SipPulseStub(base + "HuntGroupWS"));
        location(seen, new zoo.userlocationws.SipPulseStub(base + "UserLocationWS"));
        seen.print();
        System.exit(0);
    }

    static void subscriber(Seen seen, zoo.subscriberws.SipPulseStub stub) throws Exception {
        UserPrincipalDTO principal = new UserPrincipalDTO();
        principal.setLogin(login);
        principal.setPassword(password);
        SubscriberDTO subscriber = new SubscriberDTO();
        subscriber.setUsername(username);
        subscriber.setDomain(domain);
        subscriber.setPassword("p\u00e7-secret");
        subscriber.setProfile("interop");
        subscriber.setFirstName("Jo\u00e3o & \u2039\u00d1> \u20ac");
        InsertSubscriber insert = new InsertSubscriber();
        insert.setSubscriber(subscriber);
        insert.setPrincipal(principal);
        InsertSubscriberE inserting = new InsertSubscriberE();
        inserting.setInsertSubscriber(insert);
        seen.put("inserted", stub.insertSubscriber(inserting).getInsertSubscriberResponse().getSubscriberId());
        Exception duplicate = Seen.fault(() -> stub.insertSubscriber(inserting));
        boolean typed = duplicate instanceof zoo.subscriberws.WSExceptionException;
        seen.put("typed", typed);
        seen.put("duplicate", typed
            ? ((zoo.subscriberws.WSExceptionException) duplicate).getFaultMessage().getWSException().getFaultMessage() : "" + duplicate);
        RetrieveSubscriber retrieve = new RetrieveSubscriber();
        retrieve.setUsername(username);
        retrieve.setDomain(domain);
        retrieve.setPrincipal(principal);
        RetrieveSubscriberE retrieving = new RetrieveSubscriberE();
        retrieving.setRetrieveSubscriber(retrieve);
        seen.put("firstName", stub.retrieveSubscriber(retrieving).getRetrieveSubscriberResponse().get_return().getFirstName());
        AddCredit add = new AddCredit();
        add.setUsername(username);
        add.setDomain(domain);
        add.setValue(0.1);
        add.setObs("\u00e7");
        add.setPrincipal(principal);
        AddCreditE adding = new AddCreditE();
        adding.setAddCredit(add);
        stub.addCredit(adding);
        RetrieveCredit credit = new RetrieveCredit();
        credit.setUsername(username);
        credit.setDomain(domain);
        credit.setPrincipal(principal);
        RetrieveCreditE asking = new RetrieveCreditE();
        asking.setRetrieveCredit(credit);
        seen.put("credit", stub.retrieveCredit(asking).getRetrieveCreditResponse().get_return());
        principal.setPassword("wrong");
        seen.put("wrongPassword", Seen.fault(() -> stub.retrieveCredit(asking)).getMessage());
    }

    static void dids(Seen seen, zoo.didws.SipPulseStub stub) throws Exception {
        zoo.didws.types.UserPrincipalDTO principal = new zoo.didws.types.UserPrincipalDTO();
        principal.setLogin(login);
        principal.setPassword(password);
        String account = username + "@" + domain;
        List<Integer> sizes = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            ListByAcc list = new ListByAcc();
            list.setAccountCode(account);
            list.setPrincipal(principal);
            ListByAccE listing = new ListByAccE();
            listing.setListByAcc(list);
            Did[] found = stub.listByAcc(listing).getListByAccResponse().getDid();
            sizes.add(found == null ? 0 : found.length);
            Did did = new Did();
            did.setAccountCode(account);
            did.setAliasUsername("5548" + username + number);
            did.setUsername(username);
            did.setDomain(domain);
            InsertDid insert = new InsertDid();
            insert.setDid(did);
            insert.setPrincipal(principal);
            InsertDidE inserting = new InsertDidE();
            inserting.setInsertDid(insert);
            stub.insertDid(inserting);
        }
        seen.put("lists", sizes);
    }

    static void huntGroup(Seen seen, zoo.huntgroupws.SipPulseStub stub) throws Exception {
        zoo.huntgroupws.types.UserPrincipalDTO principal = new zoo.huntgroupws.types.UserPrincipalDTO();
        principal.setLogin(login);
        principal.setPassword(password);
        HuntGroup group = new HuntGroup();
        group.setDescription("\u00c7 " + username);
        group.setDomain(domain);
        group.setMethod("serial");
        group.setGroupList(username);
        group.setTimeout(20);
        InsertHuntGroup insert = new InsertHuntGroup();
        insert.setHuntGroup(group);
        insert.setPrincipal(principal);
        InsertHuntGroupE inserting = new InsertHuntGroupE();
        inserting.setInsertHuntGroup(insert);
        HuntGroup made = stub.insertHuntGroup(inserting).getInsertHuntGroupResponse().getHuntGroup();
        seen.put("groupId", made.getId());
        seen.put("uri", made.getUri());
    }

    static void location(Seen seen, zoo.userlocationws.SipPulseStub stub) throws Exception {
        zoo.userlocationws.types.UserPrincipalDTO principal = new zoo.userlocationws.types.UserPrincipalDTO();
        principal.setLogin(login);
        principal.setPassword(password);
        AddUserLocation add = new AddUserLocation();
        add.setUsername(username);
        add.setDomain(domain);
        add.setContact("sip:" + username + "@203.0.113.9");
        add.setPrincipal(principal);
        AddUserLocationE adding = new AddUserLocationE();
        adding.setAddUserLocation(add);
        stub.addUserLocation(adding);
        ListUserLocations list = new ListUserLocations();
        list.setUsername(username);
        list.setDomain(domain);
        list.setPrincipal(principal);
        ListUserLocationsE listing = new ListUserLocationsE();
        listing.setListUserLocations(list);
        SimpleDateFormat form = new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss'Z'");
        form.setTimeZone(TimeZone.getTimeZone("UTC"));
        seen.put("moment", form.format(stub.listUserLocations(listing).getListUserLocationsResponse().getUserLocation()[0]
            .getLastModified().getTime()));
    }
}
