#include "record_codec.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::wire {

ZOOKERNEL_WIRE_RECORD(TxnHeader);
ZOOKERNEL_WIRE_RECORD(TxnDigest);
ZOOKERNEL_WIRE_RECORD(CreateTxn);
ZOOKERNEL_WIRE_RECORD(CreateTxnV0);
ZOOKERNEL_WIRE_RECORD(CreateContainerTxn);
ZOOKERNEL_WIRE_RECORD(CreateTtlTxn);
ZOOKERNEL_WIRE_RECORD(DeleteTxn);
ZOOKERNEL_WIRE_RECORD(SetDataTxn);
ZOOKERNEL_WIRE_RECORD(SetAclTxn);
ZOOKERNEL_WIRE_RECORD(CheckVersionTxn);
ZOOKERNEL_WIRE_RECORD(CreateSessionTxn);
ZOOKERNEL_WIRE_RECORD(CloseSessionTxn);
ZOOKERNEL_WIRE_RECORD(ErrorTxn);
ZOOKERNEL_WIRE_RECORD(Txn);
ZOOKERNEL_WIRE_RECORD(MultiTxn);

}  // namespace zookernel::wire
