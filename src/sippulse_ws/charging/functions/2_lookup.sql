-- What admission looks up: emergency numbers, the longest prefix of a plan, gateways.

-- Emergency numbers are a setting, stored as a regular expression.
CREATE FUNCTION {schema}.sippulse_is_emergency(p_number VARCHAR(1024))
RETURNS BOOLEAN READS SQL DATA
BEGIN
  DECLARE v_codes VARCHAR(1024)
    DEFAULT (SELECT value FROM {base}.stored_setting WHERE name = 'emergency_numbers');
  RETURN COALESCE(p_number REGEXP v_codes, FALSE);
END
//
CREATE FUNCTION {schema}.sippulse_charges()
RETURNS BOOLEAN READS SQL DATA
RETURN COALESCE((SELECT value = 'on' FROM {base}.stored_setting WHERE name = 'charging'), FALSE)
//
-- Whether a caller's number is an emergency, and no subscriber or alias of its own domain.
CREATE FUNCTION {schema}.sippulse_is_emergency_call(p_number VARCHAR(1024), p_domain VARCHAR(255))
RETURNS BOOLEAN READS SQL DATA
RETURN {schema}.sippulse_charges() AND {schema}.sippulse_is_emergency(p_number)
  AND NOT EXISTS (SELECT 1 FROM {base}.subscriber
    WHERE username = p_number AND domain = p_domain AND active)
  AND NOT EXISTS (SELECT 1 FROM {base}.db_alias
    WHERE alias_username = p_number AND alias_domain = p_domain)
//
-- Whether a gateway has this address: calls from there are the telephone network's. A gateway with
-- a port calls from that port.
CREATE FUNCTION {schema}.sippulse_is_gateway(p_address VARCHAR(64), p_port INT)
RETURNS BOOLEAN READS SQL DATA
RETURN {schema}.sippulse_charges() AND EXISTS (SELECT 1 FROM {base}.gateway
  WHERE address IN (p_address, CONCAT('[', p_address, ']'), CONCAT(p_address, ':', p_port),
    CONCAT('[', p_address, ']:', p_port)))
//
-- The addresses of all gateways, `;192.0.2.1;192.0.2.2:5070;`: nothing but what is routed to them
-- may be sent there.
CREATE FUNCTION {schema}.sippulse_gateway_addresses()
RETURNS TEXT READS SQL DATA
RETURN IF({schema}.sippulse_charges(), COALESCE((SELECT CONCAT(';',
  GROUP_CONCAT(DISTINCT REPLACE(REPLACE(address, '[', ''), ']', '') SEPARATOR ';'), ';')
  FROM {base}.gateway), ''), '')
//
-- A number's rate in a plan; `p_prefix` is NULL if there is none. The list of prefixes of constants
-- is read from the unique key: one range for each.
CREATE PROCEDURE {schema}.sippulse_rate(IN p_plan INT, IN p_number VARCHAR(64),
  OUT p_prefix VARCHAR(20), OUT p_first INT, OUT p_next INT, OUT p_delay INT, OUT p_discard INT,
  OUT p_tariff DECIMAL(56,24))
READS SQL DATA
BEGIN
  DECLARE v_domain VARCHAR(64);
  DECLARE v_rates, v_first, v_next, v_delay, v_discard INT;
  DECLARE v_markup DOUBLE;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT domain, rate_id, tx_connection, cadency, tx_delay, tx_discard, markup
    INTO v_domain, v_rates, v_first, v_next, v_delay, v_discard, v_markup
    FROM {base}.rate_plan WHERE id = p_plan;
  SELECT prefix, GREATEST(1, COALESCE(tx_connection, v_first)),
      GREATEST(1, COALESCE(cadency, v_next)), GREATEST(0, COALESCE(tx_delay, v_delay)),
      GREATEST(0, COALESCE(tx_discard, v_discard)),
      GREATEST(0, rate_value * (100 + CAST(v_markup AS DECIMAL(24,9))))
    INTO p_prefix, p_first, p_next, p_delay, p_discard, p_tariff
    FROM {base}.rate
    WHERE domain = v_domain AND rate_id = v_rates AND prefix IN ({prefixes})
    ORDER BY CHAR_LENGTH(prefix) DESC LIMIT 1;
END
//
-- What a gateway's provider charges for a number; NULL if it does not say.
CREATE FUNCTION {schema}.sippulse_cost(
  p_domain VARCHAR(64), p_rates INT, p_number VARCHAR(64))
RETURNS DECIMAL(18,6) READS SQL DATA
BEGIN
  -- no reason not to call
  DECLARE EXIT HANDLER FOR SQLEXCEPTION RETURN NULL;
  RETURN (SELECT rate_value FROM {base}.rate
    WHERE domain = p_domain AND rate_id = p_rates AND prefix IN ({prefixes})
    ORDER BY CHAR_LENGTH(prefix) DESC LIMIT 1);
END
//
-- The gateways to try, `id,address;…` in this order. Routes of the plan come before the domain's,
-- and these before everybody's; then the longest prefix counts. Where nobody has made a route,
-- all gateways are tried, the cheapest for the number first.
CREATE FUNCTION {schema}.sippulse_gateways(
  p_domain VARCHAR(64), p_plan INT, p_number VARCHAR(64))
RETURNS TEXT READS SQL DATA
BEGIN
  DECLARE v_scope, v_length INT;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT IF(rate_plan_id IS NOT NULL, 2, domain IS NOT NULL), CHAR_LENGTH(prefix)
    INTO v_scope, v_length
    FROM {base}.route
    WHERE prefix IN ('', {prefixes})
      AND (rate_plan_id = p_plan OR rate_plan_id IS NULL AND (domain = p_domain OR domain IS NULL))
    ORDER BY 1 DESC, 2 DESC LIMIT 1;
  IF v_scope IS NULL THEN
    IF EXISTS (SELECT 1 FROM {base}.route) THEN
      RETURN '';
    END IF;
    RETURN COALESCE((SELECT GROUP_CONCAT(id, ',', address ORDER BY cost IS NULL, cost, id
        SEPARATOR ';')
      FROM (SELECT id, address, {schema}.sippulse_cost(p_domain, rate_id, p_number) cost
        FROM {base}.gateway) priced), '');
  END IF;
  -- a gateway with twice the weight is first twice as often
  RETURN COALESCE((SELECT GROUP_CONCAT(id, ',', address ORDER BY priority, lot SEPARATOR ';')
    FROM (SELECT g.id, g.address, r.priority, -LOG(1 - RAND()) / GREATEST(r.weight, 1e-9) lot
      FROM {base}.route r JOIN {base}.gateway g ON g.id = r.gateway_id
      WHERE r.prefix = LEFT(p_number, v_length)
        AND CASE v_scope WHEN 2 THEN r.rate_plan_id = p_plan
          WHEN 1 THEN r.rate_plan_id IS NULL AND r.domain = p_domain
          ELSE r.rate_plan_id IS NULL AND r.domain IS NULL END
      -- a table of its own, or each comparison would draw another lot
      LIMIT 1000) chosen), '');
END
//
-- The gateways for all numbers of everybody, for calls about which the database cannot be asked.
CREATE FUNCTION {schema}.sippulse_fallback_gateways()
RETURNS TEXT READS SQL DATA
RETURN IF({schema}.sippulse_charges(), {schema}.sippulse_gateways('', NULL, ''), '')
