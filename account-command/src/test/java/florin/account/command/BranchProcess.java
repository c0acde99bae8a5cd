package florin.account.command;

import florin.account.api.AccountBalance;
import florin.account.api.AccountCommand;
import florin.kit.TestPlatform;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.axonframework.commandhandling.CommandBus;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** One of several processes of a branch, given commands past the router, which would send all of an account to the same one. */
final class BranchProcess implements AutoCloseable {

    private final String branch;
    private final ConfigurableApplicationContext service;

    BranchProcess(String branch, String database) {
        this.branch = branch;
        service = new SpringApplicationBuilder(AccountCommandApplication.class)
                .run(
                        "--server.port=0",
                        "--florin.branch=" + branch,
                        "--axon.axonserver.servers=localhost:" + TestPlatform.axonServerPort(),
                        "--spring.datasource.url=" + database,
                        "--spring.datasource.username=postgres",
                        "--spring.datasource.password=postgres");
    }

    <B> B bean(Class<B> type) {
        return service.getBean(type);
    }

    CompletableFuture<AccountBalance> send(AccountCommand command) {
        CompletableFuture<AccountBalance> answer = new CompletableFuture<>();
        CompletableFuture<Void> unused =
                CompletableFuture.runAsync(() -> service.getBean("localCommandBus", CommandBus.class)
                        .dispatch(
                                new GenericCommandMessage<>(
                                        GenericCommandMessage.asCommandMessage(command),
                                        command.getClass().getName() + "@" + branch),
                                (sent, result) -> {
                                    if (result.isExceptional()) {
                                        answer.completeExceptionally(result.exceptionResult());
                                    } else {
                                        answer.complete((AccountBalance) result.getPayload());
                                    }
                                }));
        return answer.orTimeout(60, TimeUnit.SECONDS);
    }

    AccountBalance handle(AccountCommand command) {
        try {
            return send(command).join();
        } catch (CompletionException fault) {
            throw new IllegalStateException(fault.getCause().getMessage(), fault);
        }
    }

    @Override
    public void close() {
        service.close();
    }
}
