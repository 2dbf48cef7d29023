// The client of Mono's wsdl.exe: Client URL DOMAIN LOGIN PASSWORD USERNAME.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Web.Services.Protocols;

class Client
{
    static readonly SortedDictionary<string, string> seen = new SortedDictionary<string, string>();

    static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char one in text)
            quoted.Append(one >= ' ' && one < 127 && one != '"' && one != '\\' ? "" + one : "\\u" + ((int)one).ToString("x4"));
        return quoted.Append('"').ToString();
    }

    static SoapException Fault(Action call)
    {
        try { call(); }
        catch (SoapException fault) { return fault; }
        throw new InvalidOperationException("no fault");
    }

    static void Subscriber(string url, string domain, string login, string password, string username)
    {
        var port = new SubscriberWS.SipPulse { Url = url + "SubscriberWS" };
        var principal = new SubscriberWS.userPrincipalDTO { login = login, password = password };
        var subscriber = new SubscriberWS.subscriberDTO
        {
            username = username, domain = domain, password = "p\u00e7-secret", profile = "interop",
            firstName = "Jo\u00e3o & \u2039\u00d1> \u20ac"
        };
        int id;
        bool given;
        port.insertSubscriber(subscriber, principal, out id, out given);
        seen["inserted"] = id.ToString();
        var duplicate = Fault(() => port.insertSubscriber(subscriber, principal, out id, out given));
        seen["typed"] = "false";
        seen["duplicate"] = Quoted(duplicate.Detail.InnerText);
        seen["firstName"] = Quoted(port.retrieveSubscriber(username, domain, principal).firstName);
        port.addCredit(username, domain, 0.1, true, "\u00e7", principal);
        double credit;
        port.retrieveCredit(username, domain, principal, out credit, out given);
        seen["credit"] = credit.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        principal.password = "wrong";
        seen["wrongPassword"] = Quoted(Fault(() => port.retrieveCredit(username, domain, principal, out credit, out given)).Message);
    }

    static void Dids(string url, string domain, string login, string password, string username)
    {
        var port = new DidWS.SipPulse { Url = url + "DidWS" };
        var principal = new DidWS.userPrincipalDTO { login = login, password = password };
        var account = username + "@" + domain;
        var sizes = new List<int>();
        for (int number = 0; number < 4; number++)
        {
            var found = port.listByAcc(account, principal);
            sizes.Add(found == null ? 0 : found.Length);
            int id;
            bool given;
            var did = new DidWS.did { accountCode = account, aliasUsername = "5548" + username + number, username = username, domain = domain };
            port.insertDid(did, principal, out id, out given);
        }
        seen["lists"] = "[" + string.Join(", ", sizes.Select(size => size.ToString()).ToArray()) + "]";
    }

    static void Main(string[] args)
    {
        string url = args[0], domain = args[1], login = args[2], password = args[3], username = args[4];
        Subscriber(url, domain, login, password, username);
        Dids(url, domain, login, password, username);

        var groups = new HuntGroupWS.SipPulse { Url = url + "HuntGroupWS" };
        var group = new HuntGroupWS.huntGroup
        {
            description = "\u00c7 " + username, domain = domain, method = "serial", groupList = username,
            timeout = 20, timeoutSpecified = true
        };
        groups.insertHuntGroup(ref group, new HuntGroupWS.userPrincipalDTO { login = login, password = password });
        seen["groupId"] = group.id.ToString();
        seen["uri"] = Quoted(group.uri);

        var locations = new UserLocationWS.SipPulse { Url = url + "UserLocationWS" };
        var principal = new UserLocationWS.userPrincipalDTO { login = login, password = password };
        locations.addUserLocation(username, domain, "sip:" + username + "@203.0.113.9", principal);
        var moment = locations.listUserLocations(username, domain, principal)[0].lastModified;
        seen["moment"] = Quoted(moment.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
        Console.WriteLine("{" + string.Join(", ", seen.Select(one => Quoted(one.Key) + ": " + one.Value).ToArray()) + "}");
    }
}
