-- Whether a call may go out, or in at the callee's cost, for how long, and through which gateways.

-- Takes the decision. One row is locked for it, that of the account that pays; and its reseller's.
CREATE PROCEDURE {schema}.sippulse_decide(IN p_account VARCHAR(255), IN p_dialled VARCHAR(64),
  IN p_number VARCHAR(64), IN p_service VARCHAR(32), IN p_call VARCHAR(255), IN p_tag VARCHAR(192),
  IN p_proxy VARCHAR(64), IN p_entry BIGINT, IN p_hash BIGINT, IN p_slice INT,
  OUT p_refusal VARCHAR(64), OUT p_basis VARCHAR(16), OUT p_seconds BIGINT, OUT p_hold BIGINT,
  OUT p_gateways TEXT)
MODIFIES SQL DATA
decision: BEGIN
  DECLARE v_id, v_payer, v_plan, v_reseller, v_reseller_plan, v_type INT;
  DECLARE v_first, v_next, v_delay, v_discard, v_rfirst, v_rnext, v_rdelay, v_rdiscard INT
    DEFAULT 0;
  DECLARE v_domain VARCHAR(64);
  DECLARE v_rated VARCHAR(64) DEFAULT TRIM(LEADING '+' FROM p_number);
  DECLARE v_prefix, v_rprefix VARCHAR(20);
  DECLARE v_tariff, v_rtariff, v_other DECIMAL(56,24) DEFAULT 0;
  DECLARE v_money, v_rmoney, v_amount, v_ramount DECIMAL(18,6) DEFAULT 0;
  DECLARE v_markup DOUBLE;
  DECLARE v_active, v_outgoing, v_prepaid, v_blocks, v_daily, v_monthly BOOLEAN DEFAULT FALSE;
  DECLARE v_expires DATETIME(6);
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;

  SELECT s.id, COALESCE(g.manager_id, s.id), s.domain, s.rate_plan_id, s.reseller_id,
      s.reseller_rate_plan_id, s.reseller_billing_type, s.reseller_markup, s.active,
      s.active_outgoing_calls, COALESCE(p.prepaid, FALSE),
      COALESCE(p.block_calls_without_rate, FALSE)
    INTO v_id, v_payer, v_domain, v_plan, v_reseller, v_reseller_plan, v_type, v_markup, v_active,
      v_outgoing, v_prepaid, v_blocks
    FROM {base}.subscriber s
    LEFT JOIN {base}.account_group_member m ON m.subscriber_id = s.id
    LEFT JOIN {base}.account_group g ON g.id = m.account_group_id
    LEFT JOIN {base}.rate_plan p ON p.id = s.rate_plan_id
    WHERE s.account_code = p_account;
  IF p_service <> '0800' THEN
    SET p_gateways = {schema}.sippulse_gateways(v_domain, v_plan, v_rated);
    IF {schema}.sippulse_is_emergency(p_dialled) OR {schema}.sippulse_is_emergency(p_number) THEN
      SET p_basis = 'emergency';
      LEAVE decision;
    END IF;
  END IF;
  IF v_id IS NULL OR NOT v_active THEN
    SET p_refusal = '403 No Such Account';
    LEAVE decision;
  END IF;
  IF p_service <> '0800' AND NOT v_outgoing THEN
    SET p_refusal = '403 Outgoing Calls Blocked';
    LEAVE decision;
  END IF;
  IF EXISTS (SELECT 1 FROM {base}.user_white_list
      WHERE subscriber_id = v_id AND prefix IN (p_dialled, p_number, v_rated)) THEN
    SET p_basis = 'white list';
    LEAVE decision;
  END IF;

  IF v_prepaid OR v_reseller IS NOT NULL THEN
    -- an INVITE that came twice, or a leg tried again: the hold of before is replaced
    SELECT id INTO p_hold FROM {base}.call_hold
      WHERE proxy = p_proxy AND hash_entry = p_entry AND hash_id = p_hash AND account = p_account
        AND service = p_service AND answered_at IS NULL LIMIT 1;
    IF p_hold IS NOT NULL THEN
      DO {schema}.sippulse_release(p_hold);
      SET p_hold = NULL;
    END IF;
    SELECT credit - held, credit_expires_at,
        daily_quota AND daily_quota_consumed >= daily_quota_limit,
        monthly_quota AND monthly_quota_consumed >= monthly_quota_limit
      INTO v_money, v_expires, v_daily, v_monthly
      FROM {base}.subscriber WHERE id = v_payer FOR UPDATE;
  ELSE
    SELECT daily_quota AND daily_quota_consumed >= daily_quota_limit,
        monthly_quota AND monthly_quota_consumed >= monthly_quota_limit
      INTO v_daily, v_monthly FROM {base}.subscriber WHERE id = v_payer;
  END IF;
  IF v_daily THEN
    SET p_refusal = '403 Daily Quota Reached';
    LEAVE decision;
  END IF;
  IF v_monthly THEN
    SET p_refusal = '403 Monthly Quota Reached';
    LEAVE decision;
  END IF;

  SET p_basis = IF(v_prepaid, 'prepaid', 'postpaid');
  CALL {schema}.sippulse_rate(v_plan, v_rated, v_prefix, v_first, v_next, v_delay, v_discard,
    v_tariff);
  IF v_reseller IS NOT NULL THEN
    SELECT credit - held INTO v_rmoney FROM {base}.reseller WHERE id = v_reseller FOR UPDATE;
    IF v_type = 1 THEN
      -- the reseller pays by the plan, its subscriber by the reseller's own
      SET v_rprefix = v_prefix, v_rfirst = v_first, v_rnext = v_next, v_rdelay = v_delay,
        v_rdiscard = v_discard, v_rtariff = v_tariff;
      CALL {schema}.sippulse_rate(v_reseller_plan, v_rated, v_prefix, v_first, v_next, v_delay,
        v_discard, v_tariff);
      SET v_prefix = IF(v_rprefix IS NULL, NULL, v_prefix);
    ELSE
      SET v_rfirst = v_first, v_rnext = v_next, v_rdelay = v_delay, v_rdiscard = v_discard,
        v_rtariff = v_tariff,
        v_tariff = GREATEST(0, v_tariff * (100 + CAST(v_markup AS DECIMAL(24,9))) * 0.01),
        v_prefix = IF(v_type = 0, v_prefix, NULL);
    END IF;
  END IF;

  IF v_prefix IS NULL THEN
    SET p_basis = IF(v_plan IS NULL, 'no plan', 'no rate');
    IF v_blocks THEN
      SET p_refusal = '403 No Rate For This Destination';
    ELSEIF v_prepaid AND v_money <= 0 THEN
      SET p_refusal = '402 Not Enough Credit';
    ELSEIF v_prepaid AND v_expires < UTC_TIMESTAMP(6) THEN
      SET p_refusal = '402 Credit Expired';
    ELSEIF v_reseller IS NOT NULL AND v_rmoney <= 0 THEN
      SET p_refusal = '402 Reseller Without Credit';
    END IF;
    LEAVE decision;
  END IF;
  IF v_prepaid AND v_tariff > 0 AND v_expires < UTC_TIMESTAMP(6) THEN
    SET p_refusal = '402 Credit Expired';
  ELSEIF v_prepaid AND v_money < {schema}.sippulse_price(v_first, v_tariff) THEN
    SET p_refusal = '402 Not Enough Credit';
  ELSEIF v_reseller IS NOT NULL AND v_rtariff > 0
      AND (v_rmoney <= 0 OR v_rmoney < {schema}.sippulse_price(v_rfirst, v_rtariff)) THEN
    SET p_refusal = '402 Reseller Without Credit';
  END IF;
  IF p_refusal IS NOT NULL THEN
    LEAVE decision;
  END IF;

  SET v_other = v_tariff;
  IF NOT v_prepaid THEN
    SET v_tariff = 0;
  END IF;
  IF v_tariff = 0 AND v_rtariff = 0 THEN
    LEAVE decision;
  END IF;
  -- only as long as both can pay
  IF v_tariff > 0 THEN
    SET p_seconds = {schema}.sippulse_affords(
      v_money, p_slice, v_first, v_next, v_delay, v_discard, v_tariff);
  END IF;
  IF v_rtariff > 0 THEN
    SET p_seconds = LEAST(COALESCE(p_seconds, p_slice + 86400), {schema}.sippulse_affords(
      v_rmoney, p_slice, v_rfirst, v_rnext, v_rdelay, v_rdiscard, v_rtariff));
  END IF;
  SET v_amount = {schema}.sippulse_held(
      p_seconds, v_first, v_next, v_delay, v_discard, v_tariff),
    v_ramount = {schema}.sippulse_held(
      p_seconds, v_rfirst, v_rnext, v_rdelay, v_rdiscard, v_rtariff);
  INSERT INTO {base}.call_hold (created_at, proxy, hash_entry, hash_id, call_id, from_tag, account,
      service, number, prefix, rate, subscriber_id, first_block, next_block, delay, discard, tariff,
      amount, reseller_id, reseller_first_block, reseller_next_block, reseller_delay,
      reseller_discard, reseller_tariff, reseller_amount, seconds)
    VALUES (UTC_TIMESTAMP(6), p_proxy, p_entry, p_hash, p_call, p_tag, p_account, p_service,
      p_number, v_prefix, {schema}.sippulse_price(60, v_other), v_payer, v_first, v_next, v_delay,
      v_discard, v_tariff, v_amount, v_reseller, v_rfirst, v_rnext, v_rdelay, v_rdiscard, v_rtariff,
      v_ramount, p_seconds);
  SET p_hold = LAST_INSERT_ID();
  UPDATE {base}.subscriber SET held = held + v_amount WHERE id = v_payer;
  UPDATE {base}.reseller SET held = held + v_ramount WHERE id = v_reseller;
END
//
-- One round trip for a call: `allowed|code|reason|basis|seconds|hold|gateways`. A deadlock answers
-- 2: ask again. Any other error refuses prepaid accounts and lets the others pass.
CREATE FUNCTION {schema}.sippulse_admit(p_account VARCHAR(255), p_dialled VARCHAR(64),
  p_number VARCHAR(64), p_service VARCHAR(32), p_call VARCHAR(255), p_tag VARCHAR(192),
  p_proxy VARCHAR(64), p_entry BIGINT, p_hash BIGINT, p_slice INT)
RETURNS TEXT MODIFIES SQL DATA
BEGIN
  DECLARE v_refusal, v_basis VARCHAR(64);
  DECLARE v_seconds, v_hold BIGINT;
  DECLARE v_gateways, v_error TEXT;
  DECLARE EXIT HANDLER FOR 1205, 1213, 1020
    RETURN '2|503|Try Again|||||';
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    GET DIAGNOSTICS CONDITION 1 v_error = MESSAGE_TEXT;
    INSERT INTO {base}.admission_error (at, account, number, call_id, error)
      VALUES (UTC_TIMESTAMP(6), LEFT(p_account, 129), p_number, p_call, LEFT(v_error, 255));
    IF {schema}.sippulse_is_prepaid(p_account) THEN
      RETURN '0|503|Charging Not Available|error|||';
    END IF;
    RETURN CONCAT('1|||error|||', {schema}.sippulse_gateways(
      SUBSTRING_INDEX(p_account, '@', -1), NULL, p_number));
  END;
  {newest_rows}
  IF NOT {schema}.sippulse_charges() THEN
    RETURN '1|||off|||';
  END IF;
  CALL {schema}.sippulse_decide(p_account, p_dialled, p_number, p_service, p_call, p_tag, p_proxy,
    p_entry, p_hash, p_slice, v_refusal, v_basis, v_seconds, v_hold, v_gateways);
  RETURN CONCAT_WS('|', v_refusal IS NULL, COALESCE(LEFT(v_refusal, 3), ''),
    COALESCE(SUBSTRING(v_refusal, 5), ''), COALESCE(v_basis, ''), COALESCE(v_seconds, ''),
    COALESCE(v_hold, ''), COALESCE(v_gateways, ''));
END
//
-- Whether an account has to have credit before it calls; unknown ones have.
CREATE FUNCTION {schema}.sippulse_is_prepaid(p_account VARCHAR(255))
RETURNS BOOLEAN READS SQL DATA
RETURN COALESCE((SELECT COALESCE(p.prepaid, FALSE) FROM {base}.subscriber s
  LEFT JOIN {base}.rate_plan p ON p.id = s.rate_plan_id WHERE s.account_code = p_account), TRUE)
//
-- A call about which the database was asked and did not answer, as the proxy tells it later.
CREATE FUNCTION {schema}.sippulse_unanswered(p_account VARCHAR(255), p_number VARCHAR(64),
  p_call VARCHAR(255), p_at DECIMAL(20,6))
RETURNS INT MODIFIES SQL DATA
BEGIN
  INSERT INTO {base}.admission_error (at, account, number, call_id, error)
    VALUES (TIMESTAMPADD(MICROSECOND, ROUND(p_at * 1000000), '1970-01-01 00:00:00'),
      LEFT(p_account, 129), p_number, p_call, 'no answer of the database');
  RETURN 1;
END
