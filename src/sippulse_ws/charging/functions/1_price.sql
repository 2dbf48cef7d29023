-- Arithmetic of charging/pricing.py in SQL: exact, and rounded once, half to even.
-- A tariff is money for 6,000 seconds: rate per minute times (100 + markup).

CREATE FUNCTION {schema}.sippulse_price(p_billed BIGINT, p_tariff DECIMAL(56,24))
RETURNS DECIMAL(18,6) DETERMINISTIC NO SQL
BEGIN
  DECLARE v_money DECIMAL(65,24) DEFAULT p_billed * p_tariff;
  DECLARE v_units BIGINT;
  DECLARE v_rest DECIMAL(65,24);
  IF v_money > 5999999999999999 THEN
    -- more than any credit
    RETURN 999999999999.999999;
  END IF;
  SET v_units = v_money DIV 0.006, v_rest = 2 * (v_money - v_units * 0.006);
  IF v_rest > 0.006 OR (v_rest = 0.006 AND v_units % 2 = 1) THEN
    SET v_units = v_units + 1;
  END IF;
  RETURN v_units * 0.000001;
END
//
-- Seconds charged of a call of so many seconds.
CREATE FUNCTION {schema}.sippulse_billed(
  p_seconds BIGINT, p_first INT, p_next INT, p_delay INT, p_discard INT)
RETURNS BIGINT DETERMINISTIC NO SQL
BEGIN
  IF p_seconds <= p_discard OR p_seconds <= p_delay THEN
    RETURN 0;
  END IF;
  RETURN p_first + GREATEST(0, CEILING((p_seconds - p_delay - p_first) / p_next)) * p_next;
END
//
-- The most seconds, in whole blocks, that money buys, but no block after `p_wanted`. Seconds that
-- cost nothing are always there.
CREATE FUNCTION {schema}.sippulse_affords(p_money DECIMAL(18,6), p_wanted BIGINT,
  p_first INT, p_next INT, p_delay INT, p_discard INT, p_tariff DECIMAL(56,24))
RETURNS BIGINT DETERMINISTIC NO SQL
BEGIN
  DECLARE v_free BIGINT DEFAULT GREATEST(p_delay, p_discard);
  DECLARE v_blocks BIGINT DEFAULT GREATEST(0, CEILING((p_wanted - p_delay - p_first) / p_next));
  DECLARE v_room, v_block DECIMAL(65,24);
  IF p_tariff <= 0 THEN
    RETURN GREATEST(v_free, p_wanted);
  END IF;
  IF {schema}.sippulse_price(p_first, p_tariff) > p_money THEN
    RETURN v_free;
  END IF;
  IF {schema}.sippulse_price(p_first + v_blocks * p_next, p_tariff) > p_money THEN
    -- what rounds to the money at most: half a unit above it, itself only if the money is even
    SET v_room = p_money * 6000 + 0.003 - p_first * p_tariff, v_block = p_next * p_tariff;
    SET v_blocks = v_room DIV v_block;
    IF v_blocks * v_block = v_room AND (p_money * 1000000) % 2 = 1 THEN
      SET v_blocks = v_blocks - 1;
    END IF;
  END IF;
  RETURN GREATEST(v_free, p_delay + p_first + v_blocks * p_next);
END
