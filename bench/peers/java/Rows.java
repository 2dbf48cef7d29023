package peer;

import java.sql.ResultSet;
import java.sql.SQLException;

/** Rows to objects and back. */
final class Rows {
    private Rows() {
    }

    static SubscriberDTO subscriber(ResultSet row) throws SQLException {
        if (row.getString("username") == null) {
            throw new IllegalArgumentException("no such subscriber");
        }
        SubscriberDTO found = new SubscriberDTO(); // the first five columns are the principal's
        found.setAccountCode(row.getString(6));
        found.setActiveIncomingCalls(row.getBoolean(7));
        found.setActiveOutgoingCalls(row.getBoolean(8));
        found.setAddServiceHeader(row.getBoolean(9));
        found.setAddress(row.getString(10));
        found.setAreaCode(integer(row, 11));
        found.setBlockAnonymousCalls(row.getBoolean(12));
        found.setBlockCollectCalls(row.getBoolean(13));
        found.setBlockEntry0303(row.getBoolean(14));
        found.setCallFwd(row.getString(15));
        found.setCallLimit(integer(row, 16));
        found.setCallsOnlyByIp(row.getBoolean(17));
        found.setCity(row.getString(18));
        found.setCityCode(row.getString(19));
        found.setComplement(row.getString(20));
        found.setContractNumber(row.getString(21));
        found.setCopyPassertedRpid(row.getBoolean(22));
        found.setCountryCode(integer(row, 23));
        found.setDocument(row.getString(24));
        found.setDomain(row.getString(25));
        found.setEmailAddress(row.getString(26));
        found.setFirstName(row.getString(27));
        found.setFwdBusy(row.getString(28));
        found.setId(integer(row, 29));
        found.setLastName(row.getString(30));
        found.setLocalArea(row.getString(31));
        found.setLowCreditLimit(row.getDouble(32));
        found.setLowCreditNotification(row.getBoolean(33));
        found.setMobile(number(row, 34));
        found.setNoAnswer(row.getString(35));
        found.setNumber(row.getString(36));
        found.setPhone(number(row, 37));
        found.setProfile(row.getString(38));
        found.setQuarter(row.getString(39));
        found.setRatePlanId(integer(row, 40));
        found.setResellerBillingType(row.getInt(41));
        found.setResellerId(integer(row, 42));
        found.setResellerMarkup(row.getDouble(43));
        found.setResellerRatePlanId(integer(row, 44));
        found.setRings(integer(row, 45));
        found.setRpid(row.getString(46));
        found.setSoftphoneAllowed(row.getBoolean(47));
        found.setState(row.getString(48));
        found.setUsername(row.getString(49));
        found.setValidateSource0303(row.getBoolean(50));
        found.setVoiceMailPassword(number(row, 51));
        found.setVoicemail(row.getBoolean(52));
        found.setZip(row.getString(53));
        return found;
    }

    /** The values of the shared insert statement, in its order. */
    static Object[] values(SubscriberDTO s, String ha1, String ha1b, String city, String area) {
        String account = s.getUsername() + "@" + s.getDomain();
        return new Object[] {
            s.getUsername(), s.getDomain(), account, s.getProfile(), "plain:" + s.getPassword(),
            "plain:" + s.getPasswordPortal(), ha1, ha1b,
            s.getContractNumber(), s.getDocument(), s.getFirstName(), s.getLastName(),
            s.getAddress(), s.getNumber(), s.getQuarter(), s.getCity(), s.getState(),
            s.getZip(), s.getPhone(), s.getMobile(), s.getEmailAddress(), s.getRatePlanId(),
            s.getResellerId(), s.getResellerBillingType(), s.getResellerMarkup(),
            s.isLowCreditNotification(), s.getLowCreditLimit(), s.isActiveIncomingCalls(),
            s.isActiveOutgoingCalls(), s.isAddServiceHeader(), s.isBlockAnonymousCalls(),
            s.isBlockCollectCalls(), s.isBlockEntry0303(), s.isValidateSource0303(),
            s.isCallsOnlyByIp(), s.isCopyPassertedRpid(), s.isSoftphoneAllowed(),
            s.isVoicemail(), s.getCallLimit(), s.getCountryCode(), s.getAreaCode(), city, area,
        };
    }

    private static Integer integer(ResultSet row, int column) throws SQLException {
        int value = row.getInt(column);
        return row.wasNull() ? null : value;
    }

    private static Long number(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : value;
    }
}
