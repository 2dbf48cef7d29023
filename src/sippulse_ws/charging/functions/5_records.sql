-- Completed calls, as the proxy's queue brings them. What the proxy knew at the answer comes as
-- fields in hexadecimal, separated by dots, so that nothing a caller sends can be mistaken.

-- Bytes that are no UTF-8 are read as the database's Latin-1: whatever a phone sends, its call is
-- recorded. MariaDB calls them an error, MySQL makes NULL of them. log_records.py reads alike.
CREATE FUNCTION {schema}.sippulse_field(p_fields TEXT, p_number INT, p_length INT)
RETURNS TEXT CHARACTER SET utf8mb4 DETERMINISTIC NO SQL
BEGIN
  DECLARE v_hex TEXT DEFAULT SUBSTRING_INDEX(SUBSTRING_INDEX(p_fields, '.', p_number), '.', -1);
  -- of what is none MariaDB makes NULL, MySQL an error
  DECLARE v_bytes BLOB DEFAULT IF(v_hex REGEXP '^[0-9A-Fa-f]*$', UNHEX(v_hex), NULL);
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
    RETURN LEFT(CONVERT(CONVERT(v_bytes USING latin1) USING utf8mb4), p_length);
  -- halves of characters (U+D800 to U+DFFF): MariaDB takes them, and nobody could read the row
  IF HEX(v_bytes) REGEXP '^(..)*ED[AB]' THEN
    RETURN LEFT(CONVERT(CONVERT(v_bytes USING latin1) USING utf8mb4), p_length);
  END IF;
  RETURN LEFT(COALESCE(CONVERT(v_bytes USING utf8mb4),
    CONVERT(CONVERT(v_bytes USING latin1) USING utf8mb4), ''), p_length);
END
//
-- A moment as a record tells it; one that is none, or far from all calendars, is NULL.
CREATE FUNCTION {schema}.sippulse_told_moment(p_told TEXT)
RETURNS DATETIME(6) DETERMINISTIC NO SQL
RETURN IF(p_told REGEXP '^[0-9]{9,10}([.][0-9]{1,9})?$',
  {schema}.sippulse_moment(CAST(p_told AS DECIMAL(20,6))), NULL)
//
-- Stores a call once; later copies of it change nothing. The record is acc_json's, its times are
-- epoch seconds. IGNORE: a value that does not fit is cut, and the call not lost.
CREATE FUNCTION {schema}.sippulse_record(p_proxy VARCHAR(64), p_record TEXT)
RETURNS INT MODIFIES SQL DATA
BEGIN
  DECLARE v_record TEXT DEFAULT IF(JSON_VALID(p_record), p_record, '{}');
  -- JSON_VALUE, which the short ones are read with, ends at 512 characters on MySQL
  DECLARE v_call TEXT DEFAULT NULLIF(JSON_UNQUOTE(JSON_EXTRACT(v_record, '$.call')), 'null');
  DECLARE v_answered TEXT DEFAULT COALESCE(NULLIF(
    JSON_UNQUOTE(JSON_EXTRACT(v_record, '$.answer')), 'null'), '');
  DECLARE v_cut VARCHAR(8) DEFAULT COALESCE(JSON_VALUE(v_record, '$.cut'), '');
  -- Of a record with one of its times the call has no duration, and one without any is a call of
  -- now: nothing that rating could not read is stored, and no time is charged that was not told.
  DECLARE v_began DATETIME(6) DEFAULT {schema}.sippulse_told_moment(
    JSON_VALUE(v_record, '$.start_time'));
  DECLARE v_end DATETIME(6) DEFAULT COALESCE({schema}.sippulse_told_moment(
    JSON_VALUE(v_record, '$.end_time')), v_began, UTC_TIMESTAMP(6));
  DECLARE v_start DATETIME(6) DEFAULT COALESCE(v_began, v_end);
  DECLARE v_basis, v_second VARCHAR(16);
  DECLARE v_legs, v_leg INT DEFAULT 0;
  DECLARE v_told VARCHAR(20);
  DECLARE v_hold BIGINT;
  DECLARE v_state INT;
  SET v_basis = {schema}.sippulse_field(v_call, 13, 16),
    v_second = {schema}.sippulse_field(v_call, 19, 16),
    v_legs = IF(v_second = '', 0, 1),
    v_state = IF(v_basis = 'off' OR NOT {schema}.sippulse_charges(), 3, 0);
  -- a call that came in at the callee's cost and went out again has two legs that are paid for
  WHILE v_leg <= v_legs DO
    SET v_told = {schema}.sippulse_field(v_call, IF(v_leg = 0, 14, 20), 20);
    SET v_hold = IF(v_told REGEXP '^[0-9]{1,18}$', v_told, NULL);
    INSERT IGNORE INTO {base}.call_raw (received_at, proxy, call_id, from_tag, to_tag, leg,
        started, ended, duration_ms, account, basis, caller_domain, caller_id, src_uri, dst_uri,
        number, service, gateway_id, gateway_address, profile, user_agent, src_ip, dst_ip, hold_id,
        ended_by, state)
      VALUES (UTC_TIMESTAMP(6), p_proxy, {schema}.sippulse_field(v_call, 15, 255),
        {schema}.sippulse_field(v_call, 16, 192), {schema}.sippulse_field(v_answered, 1, 192),
        v_leg, v_start, v_end,
        GREATEST(0, TIMESTAMPDIFF(MICROSECOND, v_start, v_end) DIV 1000),
        NULLIF({schema}.sippulse_field(v_call, IF(v_leg = 0, 1, 17), 129), ''),
        IF(v_leg = 0, v_basis, v_second),
        LOWER({schema}.sippulse_field(v_call, 2, 255)),
        NULLIF({schema}.sippulse_field(v_call, 3, 255), ''),
        {schema}.sippulse_field(v_call, 4, 255), {schema}.sippulse_field(v_call, 5, 255),
        {schema}.sippulse_field(v_call, IF(v_leg = 0, 6, 18), 64),
        IF(v_leg = 1, '0800', IF(v_cut <> '', 'timeout',
          NULLIF({schema}.sippulse_field(v_call, 7, 32), ''))),
        NULLIF({schema}.sippulse_field(v_call, 11, 10), ''),
        NULLIF({schema}.sippulse_field(v_call, 12, 64), ''),
        NULLIF({schema}.sippulse_field(v_call, 8, 64), ''),
        {schema}.sippulse_field(v_call, 9, 255), {schema}.sippulse_field(v_call, 10, 45),
        {schema}.sippulse_field(v_answered, 2, 45),
        v_hold, IF(v_cut <> '', 'proxy', NULL), v_state);
    CALL {schema}.sippulse_ended(v_hold, v_state = 0);
    SET v_leg = v_leg + 1;
  END WHILE;
  RETURN 1;
END
