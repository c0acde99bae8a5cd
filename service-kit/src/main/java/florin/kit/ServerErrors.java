package florin.kit;

import io.swagger.v3.oas.annotations.Hidden;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Answers with problem+json what the web server refuses by itself too. */
@RestController
@Hidden
final class ServerErrors implements ErrorController {

    @RequestMapping("${server.error.path:/error}")
    ResponseEntity<Object> answer(HttpServletRequest request) {
        Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        ProblemType type = ProblemAdvice.type(HttpStatusCode.valueOf(status instanceof Integer code ? code : 404));
        return Problems.answer(new ProblemException(type, type.title()));
    }
}
