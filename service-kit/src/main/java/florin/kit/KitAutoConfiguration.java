package florin.kit;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.zaxxer.hikari.HikariDataSource;
import florin.account.api.Iban;
import florin.account.api.TrialBalance;
import florin.money.Money;
import florin.transfer.api.TransferId;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import jakarta.validation.ValidatorFactory;
import java.util.Currency;
import java.util.Optional;
import javax.sql.DataSource;
import org.apache.catalina.core.StandardHost;
import org.axonframework.axonserver.connector.AxonServerConfiguration;
import org.axonframework.axonserver.connector.AxonServerConnectionManager;
import org.axonframework.axonserver.connector.ManagedChannelCustomizer;
import org.axonframework.axonserver.connector.TargetContextResolver;
import org.axonframework.axonserver.connector.command.AxonServerCommandBus;
import org.axonframework.axonserver.connector.command.CommandLoadFactorProvider;
import org.axonframework.axonserver.connector.command.CommandPriorityCalculator;
import org.axonframework.axonserver.connector.query.AxonServerQueryBus;
import org.axonframework.axonserver.connector.query.QueryPriorityCalculator;
import org.axonframework.commandhandling.CommandBus;
import org.axonframework.commandhandling.CommandBusSpanFactory;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.DuplicateCommandHandlerResolver;
import org.axonframework.commandhandling.SimpleCommandBus;
import org.axonframework.commandhandling.distributed.RoutingStrategy;
import org.axonframework.common.jdbc.ConnectionProvider;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.config.Configuration;
import org.axonframework.config.ConfigurerModule;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.tokenstore.TokenStore;
import org.axonframework.eventhandling.tokenstore.UnableToRetrieveIdentifierException;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;
import org.axonframework.eventhandling.tokenstore.jdbc.TokenSchema;
import org.axonframework.lifecycle.Phase;
import org.axonframework.messaging.correlation.CorrelationDataProvider;
import org.axonframework.messaging.correlation.SimpleCorrelationDataProvider;
import org.axonframework.messaging.interceptors.BeanValidationInterceptor;
import org.axonframework.messaging.interceptors.CorrelationDataInterceptor;
import org.axonframework.messaging.timeout.UnitOfWorkTimeoutInterceptor;
import org.axonframework.queryhandling.QueryBus;
import org.axonframework.queryhandling.QueryBusSpanFactory;
import org.axonframework.queryhandling.QueryInvocationErrorHandler;
import org.axonframework.queryhandling.QueryMessage;
import org.axonframework.queryhandling.QueryUpdateEmitter;
import org.axonframework.queryhandling.SimpleQueryBus;
import org.axonframework.serialization.RevisionResolver;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import org.axonframework.spring.messaging.unitofwork.SpringTransactionManager;
import org.axonframework.springboot.TokenStoreProperties;
import org.axonframework.springboot.autoconfig.AxonServerAutoConfiguration;
import org.axonframework.springboot.autoconfig.AxonServerBusAutoConfiguration;
import org.axonframework.springboot.autoconfig.JdbcAutoConfiguration;
import org.axonframework.springboot.autoconfig.TransactionAutoConfiguration;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.flyway.autoconfigure.FlywayConfigurationCustomizer;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.http.converter.autoconfigure.ServerHttpMessageConvertersCustomizer;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.webmvc.autoconfigure.error.ErrorMvcAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.core.Ordered;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.servlet.HandlerExceptionResolver;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;
import tools.jackson.databind.type.LogicalType;

/** Brings the kit into a service. */
@AutoConfiguration(
        before = {
            AxonServerBusAutoConfiguration.class,
            ErrorMvcAutoConfiguration.class,
            JdbcAutoConfiguration.class,
            TransactionAutoConfiguration.class
        },
        after = AxonServerAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration"
        })
@Import({ProblemAdvice.class, ServerErrors.class})
class KitAutoConfiguration {

    private static final int BATCH_TIMEOUT_MS = 60_000;
    private static final int BATCH_WARNING_MS = 10_000;
    private static final int BATCH_WARNING_INTERVAL_MS = 1_000;

    static {
        SpringDocUtils.getConfig()
                .replaceWithSchema(Money.class, money())
                .replaceWithSchema(TrialBalance.Sum.class, money())
                .replaceWithClass(Iban.class, String.class)
                .replaceWithClass(TransferId.class, String.class)
                .replaceWithClass(Currency.class, String.class);
    }

    private static Schema<?> money() {
        return new Schema<>()
                .type("object")
                .addProperty("value", new StringSchema().example("12.50"))
                .addProperty("currency", new StringSchema().example("EUR"));
    }

    /**
     * Messages, sagas and snapshots are written from their fields; events read with unknown fields left out. A replay's
     * token names the classes inside it: Jackson takes such names only from packages that are listed.
     */
    @Bean
    @Primary
    Serializer serializer(RevisionResolver revisions) {
        return new MessageSerializer(Jackson3Serializer.builder()
                .revisionResolver(revisions)
                .jsonMapperBuilderCustomizer(json -> json.changeDefaultVisibility(visibility -> visibility
                                .withFieldVisibility(Visibility.ANY)
                                .withGetterVisibility(Visibility.NONE)
                                .withIsGetterVisibility(Visibility.NONE)
                                .withSetterVisibility(Visibility.NONE))
                        .polymorphicTypeValidator(BasicPolymorphicTypeValidator.builder()
                                .allowIfSubType("org.axonframework.")
                                .allowIfSubType("florin.")
                                .build())));
    }

    @Bean
    OpenApiCustomizer problemDescriptions() {
        return new ProblemDescriptions();
    }

    /** An amount is one text: a JSON number could have lost digits on its way here, and of two amounts one would be dropped. */
    @Bean
    JsonMapperBuilderCustomizer textsAreTexts() {
        return builder -> builder.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .withCoercionConfig(
                        LogicalType.Textual, texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail));
    }

    @Bean
    WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> problemsOfTheWebServer() {
        return server -> server.addContextCustomizers(context -> {
            if (context.getParent() instanceof StandardHost host) {
                host.setErrorReportValveClass(ProblemReportValve.class.getName());
            }
        });
    }

    /** Axon's own does not see the transactions of Spring Boot 4, and would have every statement commit by itself. */
    @Bean
    @ConditionalOnBean(PlatformTransactionManager.class)
    TransactionManager axonTransactionManager(PlatformTransactionManager transactions) {
        return new SpringTransactionManager(transactions);
    }

    /** Migrations use a connection of their own, without the limits of the pool's: they may take long. */
    @Bean
    FlywayConfigurationCustomizer migrationsTakeTheirTime() {
        return flyway -> {
            HikariDataSource pool = DataSourceUnwrapper.unwrap(flyway.getDataSource(), HikariDataSource.class);
            if (pool != null) {
                flyway.dataSource(pool.getJdbcUrl(), pool.getUsername(), pool.getPassword());
            }
        };
    }

    /** Axon's own is there too. */
    @Bean
    @Primary
    ManagedChannelCustomizer connectorCalls() {
        return channel -> channel.intercept(new ConnectorCalls(), new GatheredAppends());
    }

    /** Axon's own steps back, because it sees the bus below. */
    @Bean
    @Qualifier("localSegment")
    SimpleCommandBus localCommandBus(
            TransactionManager transactionManager,
            Configuration axon,
            DuplicateCommandHandlerResolver duplicateCommandHandlerResolver,
            ValidatorFactory validatorFactory) {
        SimpleCommandBus local = new LocalCommandBus(
                SimpleCommandBus.builder()
                        .transactionManager(transactionManager)
                        .duplicateCommandHandlerResolver(duplicateCommandHandlerResolver)
                        .spanFactory(axon.getComponent(CommandBusSpanFactory.class))
                        .messageMonitor(axon.messageMonitor(CommandBus.class, "commandBus")),
                Problems::fault);
        local.registerHandlerInterceptor(new CachedAggregates.FreshAnswers());
        local.registerHandlerInterceptor(new CorrelationDataInterceptor<>(axon.correlationDataProviders()));
        // Here, whoever has sent it: not all clients of the router have the kit.
        local.registerHandlerInterceptor(new BeanValidationInterceptor<>(validatorFactory));
        return local;
    }

    @Bean
    @Primary
    CommandBus branchCommandBus(
            AxonServerConnectionManager connectionManager,
            AxonServerConfiguration configuration,
            @Qualifier("localSegment") CommandBus localSegment,
            @Qualifier("messageSerializer") Serializer messageSerializer,
            RoutingStrategy routingStrategy,
            CommandPriorityCalculator priorityCalculator,
            CommandLoadFactorProvider loadFactorProvider,
            TargetContextResolver<? super CommandMessage<?>> targetContextResolver,
            CommandBusSpanFactory spanFactory,
            @Value("${florin.branch:}") String branch) {
        AxonServerCommandBus axonServer = AxonServerCommandBus.builder()
                .axonServerConnectionManager(connectionManager)
                .configuration(configuration)
                .localSegment(localSegment)
                .serializer(messageSerializer)
                .routingStrategy(routingStrategy)
                .priorityCalculator(priorityCalculator)
                .loadFactorProvider(loadFactorProvider)
                .targetContextResolver(targetContextResolver)
                .spanFactory(spanFactory)
                .build();
        return new BranchCommandBus(
                axonServer,
                localSegment,
                Optional.of(branch).filter(code -> !code.isBlank()),
                // Those of requests: a saga would lose its claim, and deadlines and answers come by one thread each.
                () -> RequestContextHolder.getRequestAttributes() != null);
    }

    /** As many are read at once as the query bus has threads, by these and without the query bus together. */
    @Bean
    QueryLimit queryLimit(
            PlatformTransactionManager transactions,
            @Value("${florin.database.query-timeout}") int timeoutSeconds,
            AxonServerConfiguration configuration) {
        return new QueryLimit(transactions, timeoutSeconds, configuration.getQueryThreads());
    }

    /**
     * In place of Axon's own, for the sake of {@link QueryFaults} and of {@link QueryLimit}. What this process has a handler for it
     * reads itself, also while the event store is away.
     */
    @Bean
    AxonServerQueryBus queryBus(
            AxonServerConnectionManager connectionManager,
            AxonServerConfiguration configuration,
            Configuration axon,
            QueryLimit limit,
            @Qualifier("messageSerializer") Serializer messageSerializer,
            Serializer genericSerializer,
            QueryPriorityCalculator priorityCalculator,
            QueryInvocationErrorHandler errorHandler,
            TargetContextResolver<? super QueryMessage<?, ?>> targetContextResolver) {
        QueryUpdateEmitter updateEmitter = axon.getComponent(QueryUpdateEmitter.class);
        QueryBusSpanFactory spanFactory = axon.getComponent(QueryBusSpanFactory.class);
        QueryFaults local = new QueryFaults(
                SimpleQueryBus.builder()
                        .queryUpdateEmitter(updateEmitter)
                        .errorHandler(errorHandler)
                        .spanFactory(spanFactory)
                        .messageMonitor(axon.messageMonitor(QueryBus.class, "queryBus")),
                limit);
        local.registerHandlerInterceptor(new CorrelationDataInterceptor<>(axon.correlationDataProviders()));
        return AxonServerQueryBus.builder()
                .axonServerConnectionManager(connectionManager)
                .configuration(configuration)
                .localSegment(local)
                .enabledLocalSegmentShortCut()
                .updateEmitter(updateEmitter)
                .messageSerializer(messageSerializer)
                .genericSerializer(genericSerializer)
                .priorityCalculator(priorityCalculator)
                .targetContextResolver(targetContextResolver)
                .spanFactory(spanFactory)
                .build();
    }

    @Bean
    ProcessorMeters processorMeters(ObjectProvider<Configuration> axon) {
        return new ProcessorMeters(axon::getObject);
    }

    @Bean
    ConfigurerModule processorFailures(ProcessorMeters meters) {
        return configurer -> configurer
                .eventProcessing()
                .registerDefaultHandlerInterceptor((configuration, name) -> meters.counting(name));
    }

    @Bean
    CorrelationDataProvider correlationDataProvider() {
        return new SimpleCorrelationDataProvider(Correlation.KEY, Correlation.ATTEMPT);
    }

    @Bean
    ConfigurerModule correlationOfMessages() {
        return configurer -> {
            configurer.eventProcessing(processing -> processing
                    .registerDefaultHandlerInterceptor(
                            (configuration, name) -> new Correlation.Handling<EventMessage<?>>())
                    .registerDefaultHandlerInterceptor((configuration, name) -> new EventBatch.Handling()));
            configurer.onInitialize(configuration -> configuration.onStart(Integer.MIN_VALUE, () -> {
                configuration.commandBus().registerDispatchInterceptor(new Correlation.Dispatch<CommandMessage<?>>());
                configuration.commandBus().registerHandlerInterceptor(new Correlation.Handling<CommandMessage<?>>());
                configuration.queryBus().registerDispatchInterceptor(new Correlation.Dispatch<QueryMessage<?, ?>>());
                configuration.queryBus().registerHandlerInterceptor(new Correlation.Handling<QueryMessage<?, ?>>());
                configuration.eventBus().registerDispatchInterceptor(new Correlation.Dispatch<EventMessage<?>>());
            }));
        };
    }

    /** A batch that takes too long is interrupted where it can be, and tried again. */
    @Bean
    ConfigurerModule batchTimeouts() {
        return configurer -> configurer
                .eventProcessing()
                .registerDefaultHandlerInterceptor((configuration, name) -> new UnitOfWorkTimeoutInterceptor(
                        name, BATCH_TIMEOUT_MS, BATCH_WARNING_MS, BATCH_WARNING_INTERVAL_MS));
    }

    /** After every handler was subscribed, and before the web server takes requests. */
    @Bean
    ConfigurerModule subscriptionsBeforeRequests(AxonServerConnectionManager connections) {
        return configurer -> configurer.onInitialize(configuration -> configuration.onStart(
                Phase.INBOUND_COMMAND_CONNECTOR + 1, () -> Subscriptions.awaitAcknowledged(connections)));
    }

    /** The table of tokens that the migrations of every service make. */
    @Bean
    TokenSchema tokenSchema() {
        return TokenSchema.builder()
                .setTokenTable("token_entry")
                .setProcessorNameColumn("processor_name")
                .setTokenTypeColumn("token_type")
                .build();
    }

    /** In place of Axon's own, unless the service has one that is made of it. */
    @Bean
    @ConditionalOnBean(DataSource.class)
    @ConditionalOnMissingBean(TokenStore.class)
    ClaimedTokens tokenStore(
            ConnectionProvider connections,
            Serializer serializer,
            TokenSchema schema,
            TokenStoreProperties properties) {
        return new ClaimedTokens(JdbcTokenStore.builder()
                .connectionProvider(connections)
                .serializer(serializer)
                .schema(schema)
                .claimTimeout(properties.getClaimTimeout()));
    }

    @Bean
    @ConditionalOnBean(DataSource.class)
    EventStoreMark eventStoreMark(AxonServerConnectionManager connections, JdbcClient database, Serializer serializer) {
        return new EventStoreMark(
                () -> connections.getConnection(connections.getDefaultContext()).eventChannel(), database, serializer);
    }

    /** Before a command or an event is handled; what sends commands of itself asks the mark. */
    @Bean
    @ConditionalOnBean(DataSource.class)
    ConfigurerModule eventStoreIsTheOneOfBefore(EventStoreMark mark) {
        return configurer -> {
            configurer.eventProcessing().registerDefaultHandlerInterceptor((configuration, name) -> mark.gate());
            configurer.onInitialize(configuration -> {
                configuration.onStart(Integer.MIN_VALUE, () -> {
                    configuration.commandBus().registerHandlerInterceptor(mark.gate());
                });
                configuration.onStart(Phase.INBOUND_COMMAND_CONNECTOR - 1, mark::start);
                configuration.onShutdown(Phase.INBOUND_COMMAND_CONNECTOR - 1, mark::stop);
            });
        };
    }

    /**
     * Of instances that start at once on an empty database one writes the token store's identifier. The others fail at that,
     * which would end their start, and read it then.
     */
    @Bean
    SmartInitializingSingleton tokenStoreIdentifier(
            ObjectProvider<Configuration> axon,
            ObjectProvider<TokenStore> tokens,
            ObjectProvider<TransactionManager> transactions) {
        return () -> {
            if (!axon.getObject()
                    .eventProcessingConfiguration()
                    .eventProcessors()
                    .isEmpty()) {
                TokenStore store = tokens.getObject();
                TransactionManager transaction = transactions.getObject();
                try {
                    transaction.executeInTransaction(store::retrieveStorageIdentifier);
                } catch (UnableToRetrieveIdentifierException writtenByAnother) {
                    transaction.executeInTransaction(store::retrieveStorageIdentifier);
                }
            }
        };
    }

    /** What describes the API brings a reader of YAML with it, which has none of the rules by which JSON is read. */
    @Bean
    ServerHttpMessageConvertersCustomizer noYaml() {
        return converters -> converters.configureMessageConvertersList(
                all -> all.removeIf(one -> one.getSupportedMediaTypes().contains(MediaType.APPLICATION_YAML)));
    }

    @Bean
    FilterRegistrationBean<Correlation.Filter> correlationFilter() {
        FilterRegistrationBean<Correlation.Filter> registration =
                new FilterRegistrationBean<>(new Correlation.Filter());
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        registration.setAsyncSupported(true);
        return registration;
    }

    @Bean
    FilterRegistrationBean<BodyLimitFilter> bodyLimitFilter(
            @Qualifier("handlerExceptionResolver") HandlerExceptionResolver problems) {
        FilterRegistrationBean<BodyLimitFilter> registration =
                new FilterRegistrationBean<>(new BodyLimitFilter(problems));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 1);
        registration.setAsyncSupported(true);
        return registration;
    }

    /** Readiness: without the event store a service can neither decide nor answer. */
    @Bean
    HealthIndicator axonServerHealthIndicator(AxonServerConnectionManager connectionManager) {
        return () -> {
            String context = connectionManager.getDefaultContext();
            connectionManager.getConnection(context);
            return (connectionManager.isConnected(context) ? Health.up() : Health.down())
                    .withDetail("context", context)
                    .build();
        };
    }

    @Bean
    @ConditionalOnBean(DataSource.class)
    IdempotentRequests idempotentRequests(JdbcClient jdbc, JsonMapper json) {
        return new IdempotentRequests(jdbc, json);
    }
}
