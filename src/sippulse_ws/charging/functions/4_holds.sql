-- Money held by calls under way: `held` of an account is the sum of its holds.

-- What so many seconds may cost at the most; a tariff of 0 holds nothing.
CREATE FUNCTION {schema}.sippulse_held(p_seconds BIGINT, p_first INT, p_next INT, p_delay INT,
  p_discard INT, p_tariff DECIMAL(56,24))
RETURNS DECIMAL(18,6) DETERMINISTIC NO SQL
RETURN IF(p_tariff > 0, {schema}.sippulse_price({schema}.sippulse_billed(
  p_seconds, p_first, p_next, p_delay, p_discard), p_tariff), 0)
//
-- A moment of the proxy's clock, in seconds since 1970.
CREATE FUNCTION {schema}.sippulse_moment(p_at DECIMAL(20,6))
RETURNS DATETIME(6) DETERMINISTIC NO SQL
RETURN TIMESTAMPADD(MICROSECOND, ROUND(p_at * 1000000), '1970-01-01 00:00:00')
//
-- The call with these holds (`1,2`) was answered, by the proxy's clock.
CREATE FUNCTION {schema}.sippulse_answered(p_holds VARCHAR(64), p_at DECIMAL(20,6))
RETURNS INT MODIFIES SQL DATA
BEGIN
  DECLARE v_at DATETIME(6) DEFAULT {schema}.sippulse_moment(p_at);
  UPDATE {base}.call_hold
    SET answered_at = v_at, cut_at = TIMESTAMPADD(SECOND, seconds, v_at),
      due_at = TIMESTAMPADD(SECOND, seconds, UTC_TIMESTAMP(6))
    WHERE id IN (SUBSTRING_INDEX(p_holds, ',', 1), SUBSTRING_INDEX(p_holds, ',', -1))
      AND answered_at IS NULL;
  RETURN ROW_COUNT();
END
//
-- The call with these holds came to nothing.
CREATE FUNCTION {schema}.sippulse_failed(p_holds VARCHAR(64))
RETURNS INT MODIFIES SQL DATA
RETURN {schema}.sippulse_release(SUBSTRING_INDEX(p_holds, ',', 1))
  + {schema}.sippulse_release(SUBSTRING_INDEX(p_holds, ',', -1))
//
-- A hold is over: its money is free again.
CREATE FUNCTION {schema}.sippulse_release(p_hold BIGINT)
RETURNS INT MODIFIES SQL DATA
BEGIN
  DECLARE v_payer, v_reseller INT;
  DECLARE v_amount, v_ramount DECIMAL(18,6);
  DECLARE v_gone BOOLEAN DEFAULT FALSE;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_gone = TRUE;
  {newest_rows}
  SELECT subscriber_id, reseller_id INTO v_payer, v_reseller
    FROM {base}.call_hold WHERE id = p_hold;
  IF v_gone THEN
    RETURN 0;
  END IF;
  -- locked in the order of admission: account, reseller, hold
  CALL {schema}.sippulse_lock(v_payer, v_reseller);
  SET v_gone = FALSE;
  SELECT amount, reseller_amount INTO v_amount, v_ramount
    FROM {base}.call_hold WHERE id = p_hold FOR UPDATE;
  IF v_gone THEN
    RETURN 0;
  END IF;
  UPDATE {base}.subscriber SET held = held - v_amount WHERE id = v_payer;
  UPDATE {base}.reseller SET held = held - v_ramount WHERE id = v_reseller;
  DELETE FROM {base}.call_hold WHERE id = p_hold;
  RETURN 1;
END
//
CREATE PROCEDURE {schema}.sippulse_lock(IN p_payer INT, IN p_reseller INT)
MODIFIES SQL DATA
BEGIN
  DECLARE v_ignored INT;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT id INTO v_ignored FROM {base}.subscriber WHERE id = p_payer FOR UPDATE;
  SELECT id INTO v_ignored FROM {base}.reseller WHERE id = p_reseller FOR UPDATE;
END
//
-- A proxy that was killed may have lost that a call was answered; its dialog tells.
CREATE PROCEDURE {schema}.sippulse_find_answered(IN p_proxy VARCHAR(64))
MODIFIES SQL DATA
BEGIN
  DECLARE v_done BOOLEAN DEFAULT FALSE;
  DECLARE v_hold, v_start BIGINT;
  DECLARE c CURSOR FOR SELECT h.id, d.start_time
    FROM {base}.call_hold h
    JOIN {schema}.dialog d ON d.hash_entry = h.hash_entry AND d.hash_id = h.hash_id
    WHERE h.proxy = p_proxy AND h.cut_at IS NULL
      AND h.created_at < TIMESTAMPADD(SECOND, -5, UTC_TIMESTAMP(6))
      AND d.state IN (3, 4) AND d.start_time > 0
      AND CAST(LEFT(d.callid, 255) AS BINARY) = CAST(h.call_id AS BINARY);
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;
  OPEN c;
  each_call: LOOP
    FETCH c INTO v_hold, v_start;
    IF v_done THEN
      LEAVE each_call;
    END IF;
    DO {schema}.sippulse_answered(v_hold, v_start);
  END LOOP;
  CLOSE c;
END
//
-- A proxy that began so many seconds ago: what rang before it is no call any more.
CREATE FUNCTION {schema}.sippulse_begun(p_proxy VARCHAR(64), p_ago INT)
RETURNS INT MODIFIES SQL DATA
BEGIN
  DECLARE v_done BOOLEAN DEFAULT FALSE;
  DECLARE v_hold BIGINT;
  DECLARE v_freed INT DEFAULT 0;
  DECLARE c CURSOR FOR SELECT id FROM {base}.call_hold
    WHERE proxy = p_proxy AND cut_at IS NULL
      AND created_at < TIMESTAMPADD(SECOND, -p_ago, UTC_TIMESTAMP(6));
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;
  {newest_rows}
  CALL {schema}.sippulse_find_answered(p_proxy);
  OPEN c;
  each_hold: LOOP
    FETCH c INTO v_hold;
    IF v_done THEN
      LEAVE each_hold;
    END IF;
    SET v_freed = v_freed + {schema}.sippulse_release(v_hold);
  END LOOP;
  CLOSE c;
  RETURN v_freed;
END
//
-- The proxy knows no such call: its hold is lengthened no more, and freed (charging/dead_holds.py)
-- unless the record of the call is on its way. How many holds that were.
CREATE FUNCTION {schema}.sippulse_lost(p_proxy VARCHAR(64), p_entry BIGINT, p_hash BIGINT)
RETURNS INT MODIFIES SQL DATA
BEGIN
  UPDATE {base}.call_hold SET lost_at = UTC_TIMESTAMP(6)
    WHERE proxy = p_proxy AND hash_entry = p_entry AND hash_id = p_hash
      AND answered_at IS NOT NULL AND lost_at IS NULL;
  RETURN ROW_COUNT();
END
//
-- The record of a call came: nothing more is held for it. `p_charged`: it will be rated, and its
-- money be held until then.
CREATE PROCEDURE {schema}.sippulse_ended(IN p_hold BIGINT, IN p_charged BOOLEAN)
MODIFIES SQL DATA
BEGIN
  IF p_charged THEN
    UPDATE {base}.call_hold SET ended_at = UTC_TIMESTAMP(6) WHERE id = p_hold AND ended_at IS NULL;
  ELSE
    DO {schema}.sippulse_release(p_hold);
  END IF;
END
//
-- Lengthens the calls of a proxy that end within `p_lead` seconds, as far as the money goes;
-- `entry:id:seconds left;…` of those lengthened. `p_now` is the proxy's clock. Calls of accounts
-- without money are not looked at: a top-up puts them among the others. Nor are calls that ended,
-- that their proxy does not know, or of which nothing was heard for a minute.
CREATE FUNCTION {schema}.sippulse_extend(
  p_proxy VARCHAR(64), p_now DECIMAL(20,6), p_lead INT, p_slice INT, p_most INT)
RETURNS TEXT MODIFIES SQL DATA
BEGIN
  DECLARE v_answer TEXT DEFAULT '';
  DECLARE v_now DATETIME(6) DEFAULT {schema}.sippulse_moment(p_now);
  DECLARE v_done BOOLEAN DEFAULT FALSE;
  DECLARE v_hold, v_entry, v_hash, v_left BIGINT;
  DECLARE v_payer, v_reseller INT;
  DECLARE c CURSOR FOR SELECT h.id, h.subscriber_id, h.reseller_id, h.hash_entry, h.hash_id
    FROM {base}.call_hold h
    LEFT JOIN {base}.subscriber s ON s.id = h.subscriber_id
    LEFT JOIN {base}.reseller r ON r.id = h.reseller_id
    WHERE h.proxy = p_proxy AND h.cut_at < TIMESTAMPADD(SECOND, p_lead, v_now)
      AND h.ended_at IS NULL AND h.lost_at IS NULL
      AND IF(h.due_at IS NULL, h.cut_at > TIMESTAMPADD(SECOND, -60, v_now),
        h.due_at > TIMESTAMPADD(SECOND, -60, UTC_TIMESTAMP(6)))
      AND (h.tariff = 0 OR s.credit - s.held + h.amount > 0)
      AND (h.reseller_tariff = 0 OR r.credit - r.held + h.reseller_amount > 0)
    ORDER BY h.cut_at LIMIT p_most;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;
  {newest_rows}
  CALL {schema}.sippulse_find_answered(p_proxy);
  OPEN c;
  each_call: LOOP
    SET v_done = FALSE;
    FETCH c INTO v_hold, v_payer, v_reseller, v_entry, v_hash;
    IF v_done THEN
      LEAVE each_call;
    END IF;
    IF {schema}.sippulse_lengthen(v_hold, v_payer, v_reseller, p_slice, v_now) THEN
      -- a call with two holds ends with the shorter one
      SELECT TIMESTAMPDIFF(MICROSECOND, v_now, MIN(cut_at)) DIV 1000000 INTO v_left
        FROM {base}.call_hold
        WHERE proxy = p_proxy AND hash_entry = v_entry AND hash_id = v_hash
          AND ended_at IS NULL AND lost_at IS NULL;
      SET v_answer = CONCAT(v_answer, v_entry, ':', v_hash, ':', GREATEST(1, v_left), ';');
    END IF;
  END LOOP;
  CLOSE c;
  RETURN v_answer;
END
//
-- One hold, one slice more; whether there was money for it.
CREATE FUNCTION {schema}.sippulse_lengthen(
  p_hold BIGINT, p_payer INT, p_reseller INT, p_slice INT, p_now DATETIME(6))
RETURNS BOOLEAN MODIFIES SQL DATA
BEGIN
  DECLARE v_first, v_next, v_delay, v_discard, v_rfirst, v_rnext, v_rdelay, v_rdiscard INT;
  DECLARE v_tariff, v_rtariff DECIMAL(56,24);
  DECLARE v_money, v_rmoney, v_amount, v_ramount, v_old, v_rold DECIMAL(18,6) DEFAULT 0;
  DECLARE v_seconds, v_more BIGINT;
  DECLARE v_expires DATETIME(6);
  DECLARE v_gone BOOLEAN DEFAULT FALSE;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_gone = TRUE;
  SELECT credit - held, credit_expires_at INTO v_money, v_expires
    FROM {base}.subscriber WHERE id = p_payer FOR UPDATE;
  SELECT credit - held INTO v_rmoney FROM {base}.reseller WHERE id = p_reseller FOR UPDATE;
  SET v_gone = FALSE;
  SELECT first_block, next_block, delay, discard, tariff, amount, reseller_first_block,
      reseller_next_block, reseller_delay, reseller_discard, reseller_tariff, reseller_amount,
      seconds
    INTO v_first, v_next, v_delay, v_discard, v_tariff, v_old, v_rfirst, v_rnext, v_rdelay,
      v_rdiscard, v_rtariff, v_rold, v_seconds
    FROM {base}.call_hold
    WHERE id = p_hold AND ended_at IS NULL AND lost_at IS NULL FOR UPDATE;
  -- credit past its validity is no credit: what is held may be spent, and no more
  IF v_gone OR v_tariff > 0 AND v_expires < UTC_TIMESTAMP(6) THEN
    RETURN FALSE;
  END IF;
  SET v_more = v_seconds + p_slice;
  IF v_tariff > 0 THEN
    SET v_more = {schema}.sippulse_affords(
      v_money + v_old, v_seconds + p_slice, v_first, v_next, v_delay, v_discard, v_tariff);
  END IF;
  IF v_rtariff > 0 THEN
    SET v_more = LEAST(v_more, {schema}.sippulse_affords(v_rmoney + v_rold, v_seconds + p_slice,
      v_rfirst, v_rnext, v_rdelay, v_rdiscard, v_rtariff));
  END IF;
  IF v_more <= v_seconds THEN
    RETURN FALSE;
  END IF;
  SET v_amount = {schema}.sippulse_held(v_more, v_first, v_next, v_delay, v_discard, v_tariff),
    v_ramount = {schema}.sippulse_held(
      v_more, v_rfirst, v_rnext, v_rdelay, v_rdiscard, v_rtariff);
  UPDATE {base}.call_hold SET seconds = v_more, amount = v_amount, reseller_amount = v_ramount,
    cut_at = TIMESTAMPADD(SECOND, v_more, answered_at),
    due_at = TIMESTAMPADD(MICROSECOND, TIMESTAMPDIFF(MICROSECOND, p_now, cut_at), UTC_TIMESTAMP(6))
    WHERE id = p_hold;
  UPDATE {base}.subscriber SET held = held + v_amount - v_old WHERE id = p_payer;
  UPDATE {base}.reseller SET held = held + v_ramount - v_rold WHERE id = p_reseller;
  RETURN TRUE;
END
