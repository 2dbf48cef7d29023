-- Sends one SOAP request over and over; what stands in braces is filled in anew each time:
-- {any} a subscriber, {tenth} one that has DIDs, {new} a number never used before.
-- Arguments: file of the body (empty: GET), keep or close, first username, subscribers, first {new}.
local body, get, headers, first, subscribers, new

function init(args)
  local file = assert(io.open(args[1], "rb"))
  body = file:read("*a")
  file:close()
  headers = { ["Content-Type"] = "text/xml; charset=utf-8", ["SOAPAction"] = '""' }
  if args[2] == "close" then headers["Connection"] = "close" end
  first, subscribers, new = tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
  math.randomseed(new)
  if body == "" then get = wrk.format("GET", nil, headers) end
end

function request()
  if get then return get end
  local any = math.random(1, subscribers)
  local values = {
    any = string.format("%.0f", first + any),
    tenth = string.format("%.0f", first + math.max(10, any - any % 10)),
    new = string.format("%.0f", new),
  }
  new = new + 1
  return wrk.format("POST", nil, headers, (body:gsub("{(%a+)}", values)))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "p999": %.3f, '
      .. '"broken": %d, "status": %d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
