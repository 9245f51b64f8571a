import gossipPb from '@eventstore/db-client/generated/gossip_pb.js';
import serverFeaturesPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';

/** The message classes of EventStoreDB's client. They are CommonJS, hence the default imports. */
export const { AppendReq, AppendResp, BatchAppendReq, BatchAppendResp } = streamsPb;
export const { DeleteReq, DeleteResp, ReadReq, ReadResp, TombstoneReq, TombstoneResp } = streamsPb;
export const { Empty, MaximumAppendSizeExceeded, StreamDeleted, StreamIdentifier, UUID } = sharedPb;
export const { AccessDenied, BadRequest, Timeout, WrongExpectedVersion } = sharedPb;
export const { ClusterInfo, EndPoint, MemberInfo } = gossipPb;
export const { SupportedMethod, SupportedMethods } = serverFeaturesPb;
export const { Status } = statusPb;
