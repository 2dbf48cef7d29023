package peer;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.annotation.Resource;
import javax.jws.WebService;
import javax.xml.ws.WebServiceContext;
import peer.dids.Did;
import peer.dids.UserPrincipalDTO;

/** The numbers of an account: a short list, in the statement that asks for the principal too. */
@WebService(
    portName = "DidWSPort",
    serviceName = "SipPulse",
    targetNamespace = "http://service.ws.sippulse.voffice.com.br/",
    endpointInterface = "peer.dids.DidWS")
public class Dids extends peer.dids.SipPulse_DidWSPortImpl {
    private final Database database;

    @Resource
    private WebServiceContext context;

    Dids(Database database) {
        this.database = database;
    }

    @Override
    public List<Did> listByAcc(String account, UserPrincipalDTO who) {
        Caller caller = new Caller(who.getLogin(), who.getPassword(), context);
        String domain = account.substring(account.indexOf('@') + 1);
        return database.read(
            db -> database.admitted(db, "dids", caller, domain, Dids::all, account));
    }

    private static List<Did> all(ResultSet row) throws SQLException {
        if (row.getString(6) == null) {
            throw new IllegalArgumentException("no such account");
        }
        List<Did> found = new ArrayList<>();
        do {
            if (row.getString("aliasUsername") != null) {
                found.add(did(row));
            }
        } while (row.next());
        return found;
    }

    private static Did did(ResultSet row) throws SQLException {
        Did found = new Did();
        found.setAccountCode(row.getString(6));
        found.setId(row.getInt(7));
        found.setAliasUsername(row.getString(8));
        found.setDidHeader(row.getString(9));
        found.setDidToRuri(row.getBoolean(10));
        found.setGwid(row.getString(11));
        found.setLocalArea(row.getString(12));
        found.setMonthlySubscription(row.getDouble(13));
        found.setReverseBilling(row.getBoolean(14));
        found.setUsername(row.getString(15));
        found.setDomain(row.getString(16));
        return found;
    }
}
