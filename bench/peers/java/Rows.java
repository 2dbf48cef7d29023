package peer;

import java.sql.ResultSet;
import java.sql.SQLException;

/** Rows to objects and back. */
final class Rows {
    private Rows() {
    }

    static SubscriberDTO subscriber(ResultSet row) throws SQLException {
        SubscriberDTO found = new SubscriberDTO();
        found.setAccountCode(row.getString(1));
        found.setActiveIncomingCalls(row.getBoolean(2));
        found.setActiveOutgoingCalls(row.getBoolean(3));
        found.setAddServiceHeader(row.getBoolean(4));
        found.setAddress(row.getString(5));
        found.setAreaCode(integer(row, 6));
        found.setBlockAnonymousCalls(row.getBoolean(7));
        found.setBlockCollectCalls(row.getBoolean(8));
        found.setBlockEntry0303(row.getBoolean(9));
        found.setCallFwd(row.getString(10));
        found.setCallLimit(integer(row, 11));
        found.setCallsOnlyByIp(row.getBoolean(12));
        found.setCity(row.getString(13));
        found.setCityCode(row.getString(14));
        found.setComplement(row.getString(15));
        found.setContractNumber(row.getString(16));
        found.setCopyPassertedRpid(row.getBoolean(17));
        found.setCountryCode(integer(row, 18));
        found.setDocument(row.getString(19));
        found.setDomain(row.getString(20));
        found.setEmailAddress(row.getString(21));
        found.setFirstName(row.getString(22));
        found.setFwdBusy(row.getString(23));
        found.setId(integer(row, 24));
        found.setLastName(row.getString(25));
        found.setLocalArea(row.getString(26));
        found.setLowCreditLimit(row.getDouble(27));
        found.setLowCreditNotification(row.getBoolean(28));
        found.setMobile(number(row, 29));
        found.setNoAnswer(row.getString(30));
        found.setNumber(row.getString(31));
        found.setPhone(number(row, 32));
        found.setProfile(row.getString(33));
        found.setQuarter(row.getString(34));
        found.setRatePlanId(integer(row, 35));
        found.setResellerBillingType(row.getInt(36));
        found.setResellerId(integer(row, 37));
        found.setResellerMarkup(row.getDouble(38));
        found.setResellerRatePlanId(integer(row, 39));
        found.setRings(integer(row, 40));
        found.setRpid(row.getString(41));
        found.setSoftphoneAllowed(row.getBoolean(42));
        found.setState(row.getString(43));
        found.setUsername(row.getString(44));
        found.setValidateSource0303(row.getBoolean(45));
        found.setVoiceMailPassword(number(row, 46));
        found.setVoicemail(row.getBoolean(47));
        found.setZip(row.getString(48));
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
