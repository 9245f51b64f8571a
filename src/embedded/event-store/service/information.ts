import { frame } from '../protocol/grpc-frames.js';
import {
  ClusterInfo,
  EndPoint,
  MemberInfo,
  SupportedMethod,
  SupportedMethods,
  UUID,
} from '../protocol/messages.js';

/** The version of EventStoreDB that this server behaves like. */
export const SERVER_VERSION = '24.6.0';

const STREAMS = 'event_store.client.streams.streams';
const METHODS: readonly (readonly [service: string, method: string, features: readonly string[]])[] = [
  [STREAMS, 'append', []],
  [STREAMS, 'batchappend', ['deadline_duration']],
  [STREAMS, 'delete', []],
  [STREAMS, 'read', ['position', 'events']],
  [STREAMS, 'tombstone', []],
  ['event_store.client.gossip.gossip', 'read', []],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods', []],
];

/** The calls that the server supports, which a client requests first. Only working calls are listed. */
export function supportedMethodsFrame(): Buffer {
  const message = new SupportedMethods();
  message.setEventStoreServerVersion(SERVER_VERSION);
  for (const [service, name, features] of METHODS) {
    const method = new SupportedMethod();
    method.setServiceName(service);
    method.setMethodName(name);
    method.setFeaturesList([...features]);
    message.addMethods(method);
  }
  return frame(message.serializeBinary());
}

const TICKS_PER_MS = 10_000n;

/**
 * The host and port by which a caller reaches this server, from the `:authority` of its request, or undefined where
 * that names no port. The address of listening is of no use to other machines where it means every interface.
 */
export function reachedAt(
  authority: string | undefined,
): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(authority ?? '') ?? [];
  return host && port ? { host, port: Number(port) } : undefined;
}

/** The gossip of a cluster whose only member and leader is this server. */
export function gossipFrame(instanceId: string, host: string, port: number, nowMs: number): Buffer {
  const endPoint = new EndPoint();
  endPoint.setAddress(host);
  endPoint.setPort(port);
  const id = new UUID();
  id.setString(instanceId);
  const member = new MemberInfo();
  member.setInstanceId(id);
  member.setTimeStamp(String(BigInt(nowMs) * TICKS_PER_MS));
  member.setState(MemberInfo.VNodeState.LEADER);
  member.setIsAlive(true);
  member.setHttpEndPoint(endPoint);
  const info = new ClusterInfo();
  info.addMembers(member);
  return frame(info.serializeBinary());
}

/** `grpc.health.v1.HealthCheckResponse` that says SERVING (field 1, value 1) or NOT_SERVING. */
export const healthFrame = (serving: boolean): Buffer => frame(Buffer.from([0x08, serving ? 1 : 2]));
