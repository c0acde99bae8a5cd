package florin.transfer.saga;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.axonframework.commandhandling.CommandBus;
import org.axonframework.eventhandling.EventBus;
import org.springframework.web.bind.annotation.RestController;

@AnalyzeClasses(packages = "florin", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule the_aggregate_knows_no_spring_but_its_stereotype_no_jpa_and_no_clock = noClasses()
            .that()
            .belongToAnyOf(Transfer.class)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework..", "jakarta.persistence..", "java.time..", "java.sql..", "java.io..");

    @ArchTest
    static final ArchRule nothing_counts_in_floating_point = noClasses()
            .that()
            .resideInAPackage("florin.transfer..")
            .should()
            .dependOnClassesThat(describe(
                    "floating point",
                    type -> type.isEquivalentTo(double.class)
                            || type.isEquivalentTo(float.class)
                            || type.isEquivalentTo(Double.class)
                            || type.isEquivalentTo(Float.class)));

    @ArchTest
    static final ArchRule the_web_uses_gateways_only = noClasses()
            .that()
            .areAnnotatedWith(RestController.class)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(
                    CommandBus.class,
                    EventBus.class,
                    TransferRows.class,
                    TransferRow.class,
                    TransferView.class,
                    Transfer.class);

    @ArchTest
    static final ArchRule no_other_service_is_known = noClasses()
            .that()
            .resideInAPackage("florin.transfer.saga..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("florin.account.command..", "florin.account.query..", "florin.eventstore..");
}
