-- Once, on any node: what HAProxy asks for a node's state. It may do nothing else, hence no password.
CREATE USER IF NOT EXISTS haproxy@'%';
