// See graphql_request.h.
#include "filters/graphql_request.h"

#include <fmt/format.h>

#include "filters/graphql/multipart.h"
#include "filters/graphql/workspace.h"
#include "filters/media_parameter.h"
#include "filters/media_type.h"

namespace tollgate {
namespace {

using graphql::RequestError;

// As nearly all clients write it.
constexpr std::string_view kPlainJson = "application/json";

Verdict unsupported(std::string detail) {
  return Verdict::deny(Reason::kUnsupportedMedia, std::move(detail));
}

Verdict refuse_error(const RequestError& error) {
  if (error.kind == RequestError::Kind::kMedia) return unsupported(error.message);
  Note note;
  note.detail = error.message;
  if (error.kind == RequestError::Kind::kGraphql) {
    return Verdict::deny(Reason::kGraphqlInvalid, std::move(note));
  }
  note.offset = error.offset;
  return Verdict::deny(Reason::kJsonInvalid, std::move(note));
}

// As Apollo's protocol has it: the client then sends the text with its hash.
Verdict not_found() {
  Note note;
  note.detail = "PersistedQueryNotFound";
  note.status = 200;
  note.code = "PERSISTED_QUERY_NOT_FOUND";
  note.cache_control = "private, no-cache, must-revalidate";
  return Verdict::deny(Reason::kGraphqlInvalid, std::move(note));
}

std::string_view content_type_of(const RequestHead& request) {
  const Header* type = request.find(HeaderId::kContentType);
  return type == nullptr ? std::string_view() : type->value;
}

// The files of a multipart body.
class FilesWatch final : public BodyWatch {
 public:
  FilesWatch(std::string_view boundary, graphql::PartNames files)
      : parts_(boundary, std::move(files)) {}
  tl::expected<void, std::string> take(std::string_view bytes) override {
    return parts_.take(bytes);
  }

 private:
  graphql::LaterParts parts_;
};

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Verdict refuse_problem(const graphql::Problem& problem, std::string_view prefix) {
  Note note;
  note.detail = std::string(prefix) + problem.message;
  switch (problem.kind) {
    case graphql::Problem::Kind::kInvalid:
      note.place = {problem.place.line, problem.place.column};
      return Verdict::deny(Reason::kGraphqlInvalid, std::move(note));
    case graphql::Problem::Kind::kIntrospection:
      note.place = {problem.place.line, problem.place.column};
      return Verdict::deny(Reason::kIntrospectionDisabled, std::move(note));
    case graphql::Problem::Kind::kTooComplex:
      break;
  }
  note.measure = word_of(problem.bound);
  note.asked = problem.found;
  note.limit = problem.most;
  return Verdict::deny(Reason::kTooComplex, std::move(note));
}

GraphqlRequests::Form GraphqlRequests::form_of(const RequestHead& request) {
  const std::string_view type = content_type_of(request);
  if (type == kPlainJson || is_json(type)) return Form::kJson;
  if (is_media_type(type, "application/graphql")) return Form::kText;
  if (is_media_type(type, "multipart/form-data")) return Form::kMultipart;
  return Form::kUnknown;
}

BodyNeed GraphqlRequests::needs_body(const Exchange& exchange) const {
  const RequestHead& request = *exchange.request;
  // What is refused by its head alone is not read.
  if (!has_body(request) || !check_head(exchange).passed()) return {};
  if (form_of(request) == Form::kMultipart) return {BodyNeed::Kind::kBeginning, 0};
  return {BodyNeed::Kind::kWhole, config_.max_body_bytes};
}

Verdict GraphqlRequests::check_head(const Exchange& exchange) const {
  const RequestHead& request = *exchange.request;
  const Header* type = nullptr;
  const Header* coding = nullptr;
  for (const Header& header : request.headers) {
    if (header.id != HeaderId::kContentType && header.id != HeaderId::kContentEncoding) continue;
    const Header*& found = header.id == HeaderId::kContentType ? type : coding;
    if (found != nullptr) {
      return unsupported("Content-Type and Content-Encoding must each be sent once.");
    }
    found = &header;
  }
  if (coding == nullptr && type != nullptr && type->value == kPlainJson) return Verdict::pass();
  if (coding != nullptr && !equals_ignoring_case(coding->value, "identity")) {
    return unsupported(fmt::format(
        "The body has the Content-Encoding \"{}\" and so cannot be priced. Send it as it is.",
        coding->value.substr(0, 60)));
  }
  if (form_of(request) == Form::kUnknown) {
    const std::string found =
        type == nullptr ? "has no Content-Type"
                        : fmt::format("has the Content-Type \"{}\"", type->value.substr(0, 60));
    return unsupported(fmt::format(
        "The body {}, which cannot be priced: send it as application/json, application/graphql or "
        "multipart/form-data.",
        found));
  }
  const auto charset = media_parameter(content_type_of(request), "charset");
  if (!charset) return unsupported(charset.error());
  if (*charset && !equals_ignoring_case(**charset, "utf-8") &&
      !equals_ignoring_case(**charset, "utf8")) {
    return unsupported("The body must be in UTF-8; its Content-Type names another charset.");
  }
  return Verdict::pass();
}

GraphqlRequests::Read GraphqlRequests::read(Exchange& exchange) const {
  graphql::RequestReader& reader = exchange.graphql->reader;
  const RequestHead& request = *exchange.request;
  const bool bodied = has_body(request);
  if (!request.query.empty()) {
    auto url = bodied ? reader.refuse_query_string(request.query)
                      : reader.read_query_string(request.query);
    if (!url) return {refuse_error(url.error()), {}};
    if (!bodied) return {Verdict::pass(), *url};
  }
  if (bodied) return read_body(exchange);
  if (request.method != Method::kPost) return {};
  return {
      Verdict::deny(Reason::kGraphqlInvalid,
                    "The call asks for nothing: send an operation as JSON, {\"query\": \"…\"}."),
      {}};
}

GraphqlRequests::Read GraphqlRequests::read_body(Exchange& exchange) const {
  Verdict head = check_head(exchange);
  if (!head.passed()) return {std::move(head), {}};
  const Form form = form_of(*exchange.request);
  if (form == Form::kMultipart) return read_multipart(exchange);
  graphql::RequestReader& reader = exchange.graphql->reader;
  const auto read =
      form == Form::kText ? reader.read_text(exchange.body) : reader.read_json(exchange.body);
  if (!read) return {refuse_error(read.error()), {}};
  return {Verdict::pass(), *read};
}

GraphqlRequests::Read GraphqlRequests::read_multipart(Exchange& exchange) const {
  const auto boundary = media_parameter(content_type_of(*exchange.request), "boundary");
  if (!boundary) return {unsupported(boundary.error()), {}};
  if (!*boundary || (*boundary)->empty()) {
    return {unsupported("The Content-Type multipart/form-data needs a boundary."), {}};
  }
  auto read =
      exchange.graphql->reader.read_multipart(**boundary, exchange.body, exchange.body_search);
  if (!read) return {refuse_error(read.error()), {}};
  if (!*read) {
    if (config_.max_body_bytes != 0 && exchange.body.size() > config_.max_body_bytes) {
      return {Verdict::deny(
                  Reason::kBodyTooLarge,
                  fmt::format(
                      "The parts \"operations\" and \"map\" must end within the first {} bytes.",
                      config_.max_body_bytes)),
              {}};
    }
    if (!exchange.body_complete) return {Verdict::need_more(), {}};
    return {unsupported("The body ends within the part \"operations\" or \"map\"."), {}};
  }
  graphql::RequestReader::Multipart& multipart = **read;
  exchange.body_watch = std::make_unique<FilesWatch>(**boundary, std::move(multipart.files));
  const auto rest = exchange.body_watch->take(exchange.body.substr(multipart.end));
  if (!rest) return {unsupported(rest.error()), {}};
  return {Verdict::pass(), multipart.request};
}

GraphqlRequests::Text GraphqlRequests::text_of(Exchange& exchange,
                                               const graphql::OperationRequest& operation) const {
  const std::string_view hash = operation.persisted_hash;
  if (hash.empty()) return {Verdict::pass(), operation.query};
  const std::string_view listed = documents_ == nullptr ? "" : documents_->find(hash);
  if (!operation.query.empty()) {
    const bool same = listed.empty()
                          ? is_sha256(hash) && graphql::matches_sha256(operation.query, hash)
                          : listed == operation.query;
    if (same) return {Verdict::pass(), operation.query};
    return {Verdict::deny(
                Reason::kGraphqlInvalid,
                "The query is not the one that its hash or identifier names: provided sha does "
                "not match query. Send the SHA-256 of exactly this text, or no hash."),
            {}};
  }
  if (!listed.empty()) return {Verdict::pass(), listed};
  std::string& text = exchange.graphql->persisted.emplace_back();
  if (is_sha256(hash) && queries_->find(hash, text) == graphql::PersistedQueries::Found::kYes) {
    return {Verdict::pass(), text};
  }
  return {not_found(), {}};
}

void GraphqlRequests::remember(const graphql::Request& request) const {
  for (const graphql::OperationRequest& operation : request.operations) {
    if (operation.query.empty() || !is_sha256(operation.persisted_hash)) continue;
    queries_->remember(operation.persisted_hash, operation.query);
  }
}

}  // namespace tollgate
