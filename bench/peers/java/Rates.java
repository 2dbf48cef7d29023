package peer;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.annotation.Resource;
import javax.jws.WebService;
import javax.xml.ws.WebServiceContext;
import peer.rates.Rate;
import peer.rates.UserPrincipalDTO;

/** Price lists: long answers and long requests. */
@WebService(
    portName = "RateWSPort",
    serviceName = "SipPulse",
    targetNamespace = "http://service.ws.sippulse.voffice.com.br/",
    endpointInterface = "peer.rates.RateWS")
public class Rates extends peer.rates.SipPulse_RateWSPortImpl {
    private final Database database;

    @Resource
    private WebServiceContext context;

    Rates(Database database) {
        this.database = database;
    }

    @Override
    public List<Rate> listRatesByParams(
        String domain, String description, Integer rateId, String prefix, UserPrincipalDTO who) {
        Caller caller = new Caller(who.getLogin(), who.getPassword(), context);
        return database.read(db -> {
            database.admitted(db, "principal", caller, domain, row -> null);
            List<Rate> found = new ArrayList<>();
            try (PreparedStatement statement = database.prepare(db, "rates", domain, rateId);
                ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(rate(row));
                }
            }
            return found;
        });
    }

    @Override
    public void insertRates(List<Rate> rates, UserPrincipalDTO who) {
        Caller caller = new Caller(who.getLogin(), who.getPassword(), context);
        String domain = rates.get(0).getDomain();
        database.read(db -> database.admitted(db, "principal", caller, domain, row -> null));
        database.write(db -> {
            database.audit(db, "insertRates", "", caller);
            database.executeAny(db, "domain", domain);
            List<Object[]> rows = new ArrayList<>(rates.size());
            for (Rate one : rates) {
                rows.add(values(one));
            }
            database.executeAll(db, "rate", rows);
            return null;
        });
    }

    private static Object[] values(Rate one) {
        BigDecimal value = new BigDecimal(one.getRateValue().toString());
        return new Object[] {
            one.getDomain(), one.getRateId(), one.getPrefix(), one.getName(),
            value.setScale(6, RoundingMode.HALF_EVEN), one.getServiceType(), one.getCadency(),
            one.getTxConnection(),
        };
    }

    private static Rate rate(ResultSet row) throws SQLException {
        Rate found = new Rate();
        found.setId(row.getInt(1));
        found.setDomain(row.getString(2));
        found.setName(row.getString(3));
        found.setPrefix(row.getString(4));
        found.setRateId(row.getInt(5));
        found.setRateValue(row.getDouble(6));
        found.setServiceType(row.getString(7));
        found.setCadency(row.getInt(8));
        found.setTxConnection(row.getInt(9));
        found.setTxDelay(row.getInt(10));
        found.setTxDiscard(row.getInt(11));
        return found;
    }
}
