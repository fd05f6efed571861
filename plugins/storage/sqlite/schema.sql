-- Version 1 of the schema: see README.md for what an operator may ask of it.

PRAGMA application_id = 1514423362;  -- "ZKDB"

-- Small facts, one a row: accepted_epoch, current_epoch. `sum` is the CRC-32 of name and value.
CREATE TABLE fact (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL,
  sum INTEGER NOT NULL
) WITHOUT ROWID;

-- Transactions in the order of the log. `message` is zookernel.txn.Transaction of txn.proto; the columns before it are taken from it.
-- `chain` sums up this record and `previous`, which is the chain of the row before: rows that are lost, changed or swapped are noticed.
CREATE TABLE txn (
  seq INTEGER PRIMARY KEY,
  zxid INTEGER NOT NULL,
  session INTEGER NOT NULL,
  time INTEGER NOT NULL,          -- ms since 1970
  type TEXT NOT NULL,             -- create, setData, createSession, ...
  path TEXT,                      -- of a multi one a line; null where there is none
  message BLOB NOT NULL,
  previous INTEGER NOT NULL,
  chain INTEGER NOT NULL
);
CREATE INDEX txn_by_zxid ON txn (zxid);

-- Snapshots. Rows of the three tables below carry the id in their upper bits (id << 40). What is incomplete is being written, or was
-- when the server ended, or is being removed. header, seal and tail are the bytes of Apache's stream around the znodes.
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY,
  zxid INTEGER NOT NULL,          -- its name: the last transaction when it began
  last_zxid INTEGER,              -- the last transaction that may be in it; null when the stream did not say
  complete INTEGER NOT NULL,
  header BLOB,
  seal BLOB,
  tail BLOB,
  sessions INTEGER,
  acls INTEGER,
  znodes INTEGER,
  sum INTEGER                     -- CRC-32 of the row
);
CREATE TABLE session_row (
  id INTEGER PRIMARY KEY,
  session INTEGER NOT NULL,
  timeout INTEGER NOT NULL        -- ms
);
CREATE TABLE acl_row (
  id INTEGER PRIMARY KEY,
  ref INTEGER NOT NULL,
  acl TEXT NOT NULL,              -- scheme:id:permissions, one a line, to be read
  record BLOB NOT NULL            -- the list as the protocol writes it
);
CREATE TABLE znode_row (
  id INTEGER PRIMARY KEY,         -- in the order of the stream: parents before their children
  path TEXT NOT NULL,             -- "" is the root
  data BLOB,
  acl INTEGER NOT NULL,           -- acl_row.ref; -1: world:anyone:cdrwa
  czxid INTEGER NOT NULL,
  mzxid INTEGER NOT NULL,
  ctime INTEGER NOT NULL,
  mtime INTEGER NOT NULL,
  version INTEGER NOT NULL,
  cversion INTEGER NOT NULL,
  aversion INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  pzxid INTEGER NOT NULL
);

-- What operators look at: the newest complete snapshot. Later changes are in txn.
CREATE VIEW newest AS
  SELECT id, id << 40 AS first, (id + 1) << 40 AS behind, zxid FROM snapshot
  WHERE complete = 1 ORDER BY zxid DESC, id DESC LIMIT 1;
CREATE VIEW session AS
  SELECT session, timeout FROM session_row
  WHERE id >= (SELECT first FROM newest) AND id < (SELECT behind FROM newest);
CREATE VIEW acl AS
  SELECT ref, acl FROM acl_row
  WHERE id >= (SELECT first FROM newest) AND id < (SELECT behind FROM newest);
CREATE VIEW znode AS
  SELECT CASE path WHEN '' THEN '/' ELSE path END AS path, data, length(data) AS data_length,
    czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner,
    CASE
      WHEN owner = 0 THEN 'persistent'
      WHEN owner = -9223372036854775808 THEN 'container'
      WHEN owner >> 40 = -65536 THEN 'ttl'  -- with extendedTypesEnabled
      ELSE 'ephemeral'
    END AS owner_kind,
    CASE WHEN owner >> 40 = -65536 THEN owner & 1099511627775 END AS ttl,
    CASE znode_row.acl WHEN -1 THEN 'world:anyone:cdrwa'
      ELSE (SELECT acl.acl FROM acl WHERE acl.ref = znode_row.acl) END AS acl
  FROM znode_row
  WHERE id >= (SELECT first FROM newest) AND id < (SELECT behind FROM newest);
