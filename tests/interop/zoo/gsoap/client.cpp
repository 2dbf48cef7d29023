// The client of gSOAP, one program for each of four services (-DSERVICE_…), all strict:
// client URL DOMAIN LOGIN PASSWORD USERNAME. Prints the members of a JSON object.
#include "nsmap.h"
#include "proxy.h"
#include <cstdio>
#include <ctime>
#include <string>

static std::string url, domain, login, password, username;

static void text(const char *name, const char *value) {
    printf("\"%s\": \"", name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            putchar('\\');
        putchar(*value);
    }
    printf("\"\n");
}

static char *chars(std::string &value) { return &value[0]; }

template <class Proxy> static void check(Proxy &proxy, int code) {
    if (code == SOAP_OK)
        return;
    soap_stream_fault(proxy.soap, std::cerr);
    exit(1);
}

static ns1__userPrincipalDTO principal(struct soap *soap) {
    ns1__userPrincipalDTO who;
    who.soap_default(soap);
    who.login = chars(login);
    who.password = chars(password);
    return who;
}

#ifdef SERVICE_SUBSCRIBERWS
static const char *fault_message(struct soap *soap) {
    soap_set_fault(soap);
    struct SOAP_ENV__Detail *detail = soap->fault ? soap->fault->detail : nullptr;
    if (!detail || !detail->ns1__WSException)
        return "no typed fault";
    return detail->ns1__WSException->faultMessage;
}

static void play(Proxy &proxy) {
    std::string secret = "pç-secret", profile = "interop", name = "João & ‹Ñ> €", obs = "ç";
    ns1__userPrincipalDTO who = principal(proxy.soap);
    ns1__subscriberDTO subscriber;
    subscriber.soap_default(proxy.soap);
    subscriber.username = chars(username);
    subscriber.domain = chars(domain);
    subscriber.password = chars(secret);
    subscriber.profile = chars(profile);
    subscriber.firstName = chars(name);
    ns1__insertSubscriber insert;
    insert.soap_default(proxy.soap);
    insert.subscriber = &subscriber;
    insert.principal = &who;
    ns1__insertSubscriberResponse inserted;
    check(proxy, proxy.insertSubscriber(&insert, inserted));
    printf("\"inserted\": %d\n", *inserted.subscriberId);
    if (proxy.insertSubscriber(&insert, inserted) == SOAP_OK)
        exit(1);
    text("duplicate", fault_message(proxy.soap));
    printf("\"typed\": true\n");
    ns1__retrieveSubscriber retrieve;
    retrieve.soap_default(proxy.soap);
    retrieve.username = chars(username);
    retrieve.domain = chars(domain);
    retrieve.principal = &who;
    ns1__retrieveSubscriberResponse retrieved;
    check(proxy, proxy.retrieveSubscriber(&retrieve, retrieved));
    text("firstName", retrieved.return_->firstName);
    double value = 0.1;
    ns1__addCredit add;
    add.soap_default(proxy.soap);
    add.username = chars(username);
    add.domain = chars(domain);
    add.value = &value;
    add.obs = chars(obs);
    add.principal = &who;
    ns1__addCreditResponse added;
    check(proxy, proxy.addCredit(&add, added));
    ns1__retrieveCredit credit;
    credit.soap_default(proxy.soap);
    credit.username = chars(username);
    credit.domain = chars(domain);
    credit.principal = &who;
    ns1__retrieveCreditResponse got;
    check(proxy, proxy.retrieveCredit(&credit, got));
    printf("\"credit\": %.17g\n", *got.return_);
    std::string wrong = "wrong";
    who.password = chars(wrong);
    if (proxy.retrieveCredit(&credit, got) == SOAP_OK)
        exit(1);
    text("wrongPassword", fault_message(proxy.soap));
}
#endif

#ifdef SERVICE_DIDWS
static void play(Proxy &proxy) {
    ns1__userPrincipalDTO who = principal(proxy.soap);
    std::string account = username + "@" + domain, sizes;
    for (int number = 0; number < 4; number++) {
        ns1__listByAcc list;
        list.soap_default(proxy.soap);
        list.accountCode = chars(account);
        list.principal = &who;
        ns1__listByAccResponse listed;
        check(proxy, proxy.listByAcc(&list, listed));
        sizes += (number ? ", " : "") + std::to_string(listed.__sizedid);
        std::string alias = "5548" + username + std::to_string(number);
        ns1__did did;
        did.soap_default(proxy.soap);
        did.accountCode = chars(account);
        did.aliasUsername = chars(alias);
        did.username = chars(username);
        did.domain = chars(domain);
        ns1__insertDid insert;
        insert.soap_default(proxy.soap);
        insert.did = &did;
        insert.principal = &who;
        ns1__insertDidResponse inserted;
        check(proxy, proxy.insertDid(&insert, inserted));
    }
    printf("\"lists\": [%s]\n", sizes.c_str());
}
#endif

#ifdef SERVICE_HUNTGROUPWS
static void play(Proxy &proxy) {
    ns1__userPrincipalDTO who = principal(proxy.soap);
    std::string description = "Ç " + username, method = "serial";
    int timeout = 20;
    ns1__huntGroup group;
    group.soap_default(proxy.soap);
    group.description = chars(description);
    group.domain = chars(domain);
    group.method = chars(method);
    group.groupList = chars(username);
    group.timeout = &timeout;
    ns1__insertHuntGroup insert;
    insert.soap_default(proxy.soap);
    insert.huntGroup = &group;
    insert.principal = &who;
    ns1__insertHuntGroupResponse inserted;
    check(proxy, proxy.insertHuntGroup(&insert, inserted));
    printf("\"groupId\": %d\n", *inserted.huntGroup->id);
    text("uri", inserted.huntGroup->uri);
}
#endif

#ifdef SERVICE_USERLOCATIONWS
static void play(Proxy &proxy) {
    ns1__userPrincipalDTO who = principal(proxy.soap);
    std::string contact = "sip:" + username + "@203.0.113.9";
    ns1__addUserLocation add;
    add.soap_default(proxy.soap);
    add.username = chars(username);
    add.domain = chars(domain);
    add.contact = chars(contact);
    add.principal = &who;
    ns1__addUserLocationResponse added;
    check(proxy, proxy.addUserLocation(&add, added));
    ns1__listUserLocations list;
    list.soap_default(proxy.soap);
    list.username = chars(username);
    list.domain = chars(domain);
    list.principal = &who;
    ns1__listUserLocationsResponse listed;
    check(proxy, proxy.listUserLocations(&list, listed));
    char moment[32];
    strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%SZ", gmtime(LAST_MODIFIED(listed)));
    text("moment", moment);
}
#endif

int main(int count, char **args) {
    if (count != 6)
        return 2;
    url = std::string(args[1]) + SERVICE_NAME;
    domain = args[2], login = args[3], password = args[4], username = args[5];
    Proxy proxy(url.c_str(), SOAP_C_UTFSTRING | SOAP_XML_STRICT);
    play(proxy);
}
