import serverFeaturesGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import serverFeatures from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import grpc from '@grpc/grpc-js';

/**
 * The reference server of the event store's bench: the least that the client accepts as a server. It uses grpc-js and
 * the generated classes, works in memory and checks and stores nothing. Results are reported as ratios to it, measured
 * in the same run. It runs as a process of its own and prints its address.
 */
type Answer = InstanceType<typeof streams.ReadResp>;

interface Follower {
  write(answer: Answer): boolean;
}

const STREAMS_SERVICE = 'event_store.client.streams.streams';
const events: Answer[] = [];
const lastRevisions = new Map<string, number>();
const followers = new Set<Follower>();

function record(
  identifier: InstanceType<typeof shared.StreamIdentifier>,
  proposed: InstanceType<typeof streams.BatchAppendReq.ProposedMessage>,
): number {
  const name = Buffer.from(identifier.getStreamName_asU8()).toString();
  const revision = (lastRevisions.get(name) ?? -1) + 1;
  lastRevisions.set(name, revision);
  const position = String(events.length);
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(proposed.getId());
  recorded.setStreamIdentifier(identifier);
  recorded.setStreamRevision(String(revision));
  recorded.setPreparePosition(position);
  recorded.setCommitPosition(position);
  recorded.setData(proposed.getData_asU8());
  recorded.setCustomMetadata(proposed.getCustomMetadata_asU8());
  const properties = recorded.getMetadataMap();
  for (const [key, value] of proposed.getMetadataMap().entries()) properties.set(key, value);
  properties.set('created', `${Date.now()}0000`);
  const event = new streams.ReadResp.ReadEvent();
  event.setEvent(recorded);
  event.setCommitPosition(position);
  const answer = new streams.ReadResp();
  answer.setEvent(event);
  events.push(answer);
  for (const follower of followers) follower.write(answer);
  return revision;
}

const service: grpc.UntypedServiceImplementation = {
  append(
    call: grpc.ServerReadableStream<
      InstanceType<typeof streams.AppendReq>,
      InstanceType<typeof streams.AppendResp>
    >,
    done: grpc.sendUnaryData<InstanceType<typeof streams.AppendResp>>,
  ) {
    let identifier = new shared.StreamIdentifier();
    let revision = 0;
    call.on('data', (request: InstanceType<typeof streams.AppendReq>) => {
      const proposed = request.getProposedMessage();
      if (proposed) revision = record(identifier, proposed);
      else identifier = request.getOptions()?.getStreamIdentifier() ?? identifier;
    });
    call.on('end', () => {
      const position = new streams.AppendResp.Position();
      position.setCommitPosition(String(events.length - 1));
      position.setPreparePosition(String(events.length - 1));
      const success = new streams.AppendResp.Success();
      success.setCurrentRevision(String(revision));
      success.setPosition(position);
      const answer = new streams.AppendResp();
      answer.setSuccess(success);
      done(null, answer);
    });
  },
  batchAppend(
    call: grpc.ServerDuplexStream<
      InstanceType<typeof streams.BatchAppendReq>,
      InstanceType<typeof streams.BatchAppendResp>
    >,
  ) {
    call.on('data', (request: InstanceType<typeof streams.BatchAppendReq>) => {
      const identifier = request.getOptions()?.getStreamIdentifier();
      if (!identifier) return;
      let revision = -1;
      for (const proposed of request.getProposedMessagesList()) revision = record(identifier, proposed);
      const position = new shared.AllStreamPosition();
      position.setCommitPosition(String(events.length - 1));
      position.setPreparePosition(String(events.length - 1));
      const success = new streams.BatchAppendResp.Success();
      success.setCurrentRevision(String(revision));
      success.setPosition(position);
      const answer = new streams.BatchAppendResp();
      answer.setCorrelationId(request.getCorrelationId());
      answer.setStreamIdentifier(identifier);
      answer.setSuccess(success);
      call.write(answer);
    });
    call.on('end', () => call.end());
  },
  async read(call: grpc.ServerWritableStream<InstanceType<typeof streams.ReadReq>, Answer>) {
    const options = call.request.getOptions();
    const subscribes = options?.hasSubscription() ?? false;
    const backwards = options?.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
    const count = subscribes ? Number.POSITIVE_INFINITY : Number(options?.getCount());
    call.on('cancelled', () => followers.delete(call));
    if (subscribes) {
      const answer = new streams.ReadResp();
      answer.setConfirmation(new streams.ReadResp.SubscriptionConfirmation());
      call.write(answer);
    }
    const fromEnd = subscribes && options?.getAll()?.hasEnd();
    let at = backwards ? events.length - 1 : fromEnd ? events.length : 0;
    for (let sent = 0; sent < count && !call.cancelled; sent++) {
      const answer = events[at];
      if (!answer) break;
      at += backwards ? -1 : 1;
      if (!call.write(answer)) await new Promise((resolve) => call.once('drain', resolve));
    }
    if (subscribes && !call.cancelled) followers.add(call);
    else call.end();
  },
  delete: unimplemented,
  tombstone: unimplemented,
};

function unimplemented(_call: unknown, done: grpc.sendUnaryData<never>): void {
  done({ code: grpc.status.UNIMPLEMENTED });
}

const features: grpc.UntypedServiceImplementation = {
  getSupportedMethods(
    _call: unknown,
    done: grpc.sendUnaryData<InstanceType<typeof serverFeatures.SupportedMethods>>,
  ) {
    const methods = new serverFeatures.SupportedMethods();
    methods.setEventStoreServerVersion('24.6.0');
    for (const name of ['append', 'batchappend', 'read']) {
      const method = new serverFeatures.SupportedMethod();
      method.setServiceName(STREAMS_SERVICE);
      method.setMethodName(name);
      method.setFeaturesList(name === 'read' ? ['position', 'events'] : ['deadline_duration']);
      methods.addMethods(method);
    }
    done(null, methods);
  },
};

const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
server.addService(streamsGrpc.StreamsService, service);
server.addService(serverFeaturesGrpc.ServerFeaturesService, features);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`esdb://127.0.0.1:${port}?tls=false\n`);
});
process.on('disconnect', () => process.exit(0));
