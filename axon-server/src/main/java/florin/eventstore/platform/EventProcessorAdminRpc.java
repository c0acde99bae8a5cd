package florin.eventstore.platform;

import com.google.protobuf.Empty;
import florin.eventstore.platform.EventProcessors.Instance;
import florin.eventstore.platform.EventProcessors.ProcessorKey;
import florin.eventstore.platform.EventProcessors.Selector;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Listing;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.security.Caller;
import florin.eventstore.security.Role;
import io.axoniq.axonserver.grpc.Component;
import io.axoniq.axonserver.grpc.admin.AdminActionResult;
import io.axoniq.axonserver.grpc.admin.EventProcessor;
import io.axoniq.axonserver.grpc.admin.EventProcessorAdminServiceGrpc;
import io.axoniq.axonserver.grpc.admin.EventProcessorIdentifier;
import io.axoniq.axonserver.grpc.admin.EventProcessorInstance;
import io.axoniq.axonserver.grpc.admin.EventProcessorSegment;
import io.axoniq.axonserver.grpc.admin.LoadBalanceRequest;
import io.axoniq.axonserver.grpc.admin.LoadBalancingStrategy;
import io.axoniq.axonserver.grpc.admin.MoveSegment;
import io.axoniq.axonserver.grpc.admin.Result;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo.SegmentStatus;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The EventProcessorAdminService: the same as the HTTP paths below /v1/components, for programs. */
public final class EventProcessorAdminRpc extends EventProcessorAdminServiceGrpc.EventProcessorAdminServiceImplBase {
    private static final AdminActionResult SUCCESS =
            AdminActionResult.newBuilder().setResult(Result.SUCCESS).build();

    private final EventProcessors processors;
    private final Executor readers;

    public EventProcessorAdminRpc(EventProcessors processors, Executor readers) {
        this.processors = processors;
        this.readers = readers;
    }

    @Override
    public void pauseEventProcessor(EventProcessorIdentifier processor, StreamObserver<AdminActionResult> observer) {
        answer(processors.pause(selector(processor)), SUCCESS, observer);
    }

    @Override
    public void startEventProcessor(EventProcessorIdentifier processor, StreamObserver<AdminActionResult> observer) {
        answer(processors.start(selector(processor)), SUCCESS, observer);
    }

    @Override
    public void splitEventProcessor(EventProcessorIdentifier processor, StreamObserver<AdminActionResult> observer) {
        answer(processors.split(selector(processor)), SUCCESS, observer);
    }

    @Override
    public void mergeEventProcessor(EventProcessorIdentifier processor, StreamObserver<AdminActionResult> observer) {
        answer(processors.merge(selector(processor)), SUCCESS, observer);
    }

    @Override
    public void moveEventProcessorSegment(MoveSegment request, StreamObserver<AdminActionResult> observer) {
        Selector selector = selector(request.getEventProcessor());
        answer(processors.move(selector, request.getSegment(), request.getTargetClientId()), SUCCESS, observer);
    }

    @Override
    public void loadBalanceProcessor(LoadBalanceRequest request, StreamObserver<Empty> observer) {
        answer(
                processors.balance(selector(request.getProcessor()), request.getStrategy()),
                Empty.getDefaultInstance(),
                observer);
    }

    @Override
    public void setAutoLoadBalanceStrategy(LoadBalanceRequest request, StreamObserver<Empty> observer) {
        processors.balanceAutomatically(selector(request.getProcessor()), request.getStrategy());
        observer.onNext(Empty.getDefaultInstance());
        observer.onCompleted();
    }

    @Override
    public void getBalancingStrategies(Empty request, StreamObserver<LoadBalancingStrategy> observer) {
        observer.onNext(LoadBalancingStrategy.newBuilder()
                .setStrategy(EventProcessors.NO_BALANCING)
                .setLabel("Default (no balancing)")
                .build());
        observer.onNext(LoadBalancingStrategy.newBuilder()
                .setStrategy(EventProcessors.BY_THREADS)
                .setLabel("Thread Number")
                .build());
        observer.onCompleted();
    }

    @Override
    public void getAllEventProcessors(Empty request, StreamObserver<EventProcessor> observer) {
        list("", observer);
    }

    @Override
    public void getEventProcessorsByComponent(Component component, StreamObserver<EventProcessor> observer) {
        list(component.getComponent(), observer);
    }

    private void list(String component, StreamObserver<EventProcessor> observer) {
        Listing.send(processors.list(ContextHeader.current(), component).map(this::describe), observer, readers);
    }

    private EventProcessor describe(List<Instance> instances) {
        ProcessorKey key = instances.get(0).key();
        EventProcessor.Builder processor = EventProcessor.newBuilder()
                .setIdentifier(EventProcessorIdentifier.newBuilder()
                        .setContextName(key.context())
                        .setProcessorName(key.name())
                        .setTokenStoreIdentifier(key.tokenStore()))
                .setMode(instances.get(0).info().getMode())
                .setIsStreaming(instances.get(0).info().getIsStreamingProcessor())
                .setLoadBalancingStrategyName(processors.strategy(key));
        for (Instance instance : instances) {
            EventProcessorInstance.Builder described = EventProcessorInstance.newBuilder()
                    .setClientId(instance.clientId())
                    .setIsRunning(instance.info().getRunning())
                    .setMaxCapacity(EventProcessors.capacity(instance.info()));
            for (SegmentStatus segment : instance.info().getSegmentStatusList()) {
                described.addClaimedSegment(EventProcessorSegment.newBuilder()
                        .setId(segment.getSegmentId())
                        .setOnePartOf(segment.getOnePartOf())
                        .setClaimedBy(instance.clientId())
                        .setIsCaughtUp(segment.getCaughtUp())
                        .setIsReplaying(segment.getReplaying())
                        .setTokenPosition(segment.getTokenPosition())
                        .setIsInError(!segment.getErrorState().isEmpty())
                        .setError(segment.getErrorState()));
            }
            processor.addClientInstance(described);
        }
        return processor.build();
    }

    /** The context of the call, unless the request names another; then the caller needs its role there. */
    private static Selector selector(EventProcessorIdentifier processor) {
        String context = processor.getContextName().isEmpty() ? ContextHeader.current() : processor.getContextName();
        Caller.current().require(context, Role.CONTEXT_ADMIN, Role.ADMIN);
        return new Selector(context, "", processor.getProcessorName(), processor.getTokenStoreIdentifier());
    }

    private static <T> void answer(CompletableFuture<Void> done, T success, StreamObserver<T> observer) {
        Outbound<T> out = Outbound.of(observer, () -> {});
        var unused = done.whenComplete((nothing, failure) -> {
            if (failure == null) {
                out.send(success);
                out.complete();
            } else {
                out.fail(failure);
            }
        });
    }
}
