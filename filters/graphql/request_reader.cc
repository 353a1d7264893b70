// See request.h. What the forms share is a set of members; each form finds them in its own way.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <vector>

#include "filters/graphql/json_reader.h"
#include "filters/graphql/member_names.h"
#include "filters/graphql/multipart.h"
#include "filters/graphql/query_string.h"
#include "filters/graphql/request.h"
#include "filters/graphql/upload_map.h"

namespace tollgate::graphql {
namespace {

enum Member : std::size_t { kQuery, kOperationName, kVariables, kExtensions, kDocumentId, kId };
constexpr std::array<std::string_view, 6> kMembers{"query",      "operationName", "variables",
                                                   "extensions", "documentId",    "id"};
constexpr std::size_t kHashDigits = 64;

template <typename T>
using Read = tl::expected<T, RequestError>;
// One per name; null: not there, or the value null.
template <std::size_t Count>
using Found = std::array<const JsonValue*, Count>;

tl::unexpected<RequestError> refuse(RequestError::Kind kind, std::string message,
                                    std::size_t offset = 0) {
  return tl::unexpected(RequestError{kind, std::move(message), offset});
}

tl::unexpected<RequestError> refuse_graphql(std::string message) {
  return refuse(RequestError::Kind::kGraphql, std::move(message));
}

template <std::size_t Count>
Read<Found<Count>> find_members(const JsonValue& object,
                                const std::array<std::string_view, Count>& names) {
  Found<Count> found{};
  for (const JsonValue* member = object.first; member != nullptr; member = member->next) {
    const NameMatch match = match_name(member->name, names);
    if (match.kind == NameMatch::Kind::kOther) continue;
    if (match.kind == NameMatch::Kind::kResembles) {
      return refuse_graphql(
          fmt::format("A member of the request is named \"{}\", which differs from \"{}\" by case "
                      "alone. Write \"{}\".",
                      member->name, names[match.index], names[match.index]));
    }
    if (member->kind != JsonValue::Kind::kNull) found[match.index] = member;
  }
  return found;
}

// Empty: not there.
Read<std::string_view> text_of(const JsonValue* member, std::string_view name) {
  if (member == nullptr) return std::string_view();
  if (member->kind != JsonValue::Kind::kString) {
    return refuse_graphql(fmt::format("The member \"{}\" must be a string.", name));
  }
  return member->text;
}

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The document that an identifier names, without "sha256:".
Read<std::string_view> document_of(std::string_view identifier) {
  constexpr std::string_view kPrefix = "sha256:";
  if (!identifier.starts_with(kPrefix)) return identifier;
  identifier.remove_prefix(kPrefix.size());
  if (is_hash(identifier)) return identifier;
  return refuse_graphql(
      "After \"sha256:\" a document's identifier must have 64 lower-case hexadecimal digits.");
}

Read<std::string_view> hash_of_extensions(const JsonValue* extensions) {
  constexpr std::array<std::string_view, 1> kExtension{"persistedQuery"};
  constexpr std::array<std::string_view, 1> kHash{"sha256Hash"};
  if (extensions == nullptr) return std::string_view();
  if (extensions->kind != JsonValue::Kind::kObject) {
    return refuse_graphql("The extensions must be an object.");
  }
  const auto extension = find_members(*extensions, kExtension);
  if (!extension) return tl::unexpected(extension.error());
  const JsonValue* persisted = extension->front();
  if (persisted == nullptr) return std::string_view();
  if (persisted->kind != JsonValue::Kind::kObject) {
    return refuse_graphql("The extension persistedQuery must be an object.");
  }
  const auto hash = find_members(*persisted, kHash);
  if (!hash) return tl::unexpected(hash.error());
  const JsonValue* digits = hash->front();
  if (digits == nullptr || digits->kind != JsonValue::Kind::kString || !is_hash(digits->text)) {
    return refuse_graphql(
        "The extension persistedQuery must have a sha256Hash of 64 lower-case hexadecimal digits.");
  }
  return digits->text;
}

// Of several ways to name a document: the one that is used, or what they agree on.
Read<std::string_view> persisted_hash(std::string_view extension, std::string_view document_id,
                                      std::string_view id) {
  std::string_view chosen = extension;
  for (const std::string_view identifier : {document_id, id}) {
    auto document = document_of(identifier);
    if (!document) return document;
    if (document->empty() || *document == chosen) continue;
    if (!chosen.empty()) return refuse_graphql("The request names two different documents.");
    chosen = *document;
  }
  return chosen;
}

Read<const JsonValue*> check_variables(const JsonValue* variables) {
  if (variables == nullptr || variables->kind == JsonValue::Kind::kObject) return variables;
  return refuse(
      RequestError::Kind::kJson,
      fmt::format("The variables are not a JSON object, at byte {}: send an object, not its "
                  "text.",
                  variables->offset),
      variables->offset);
}

Read<OperationRequest> read_operation(const JsonValue& object) {
  if (object.kind != JsonValue::Kind::kObject) {
    return refuse(RequestError::Kind::kJson,
                  fmt::format("At byte {} must stand an object with a \"query\".", object.offset),
                  object.offset);
  }
  const auto members = find_members(object, kMembers);
  if (!members) return tl::unexpected(members.error());
  std::array<std::string_view, kMembers.size()> texts;
  for (const Member member : {kQuery, kOperationName, kDocumentId, kId}) {
    const auto text = text_of((*members)[member], kMembers[member]);
    if (!text) return tl::unexpected(text.error());
    texts[member] = *text;
  }
  const auto variables = check_variables((*members)[kVariables]);
  if (!variables) return tl::unexpected(variables.error());
  const auto extension = hash_of_extensions((*members)[kExtensions]);
  if (!extension) return tl::unexpected(extension.error());
  const auto hash = persisted_hash(*extension, texts[kDocumentId], texts[kId]);
  if (!hash) return tl::unexpected(hash.error());
  if (texts[kQuery].empty() && hash->empty()) {
    return refuse_graphql("The request has no \"query\". Send the text of an operation.");
  }
  return OperationRequest{texts[kQuery], texts[kOperationName], *variables, *hash};
}

// A server that decodes other bytes in its own way could see another text than the one priced.
Read<std::string_view> check_utf8(std::string_view query) {
  if (simdjson::validate_utf8(query.data(), query.size())) return query;
  return refuse_graphql("The query is not UTF-8.");
}

}  // namespace

struct RequestReader::Memory {
  JsonReader json;
  std::vector<OperationRequest> operations;
  std::string decoded;    // values of a query string
  std::string extension;  // the hash in a query string's extensions

  [[nodiscard]] Request one(const OperationRequest& operation) {
    operations.assign(1, operation);
    return {operations, false};
  }

  Read<Request> read_json(std::string_view text) {
    const auto root = json.read(text);
    if (!root) {
      return refuse(RequestError::Kind::kJson,
                    "The request cannot be read as JSON. " + root.error().message,
                    root.error().offset);
    }
    if ((*root)->kind == JsonValue::Kind::kList) return read_batch(**root);
    const auto operation = read_operation(**root);
    if (!operation) return tl::unexpected(operation.error());
    return one(*operation);
  }

  Read<Request> read_batch(const JsonValue& list) {
    if (list.count == 0) return refuse_graphql("The batch is empty. Send at least one operation.");
    for (const JsonValue* entry = list.first; entry != nullptr; entry = entry->next) {
      auto operation = read_operation(*entry);
      if (!operation) {
        operation.error().message = fmt::format("In operation {} of the batch: {}",
                                                operations.size() + 1, operation.error().message);
        return tl::unexpected(std::move(operation).error());
      }
      operations.push_back(*operation);
    }
    return Request{operations, true};
  }

  // The JSON text of a parameter; null: not there, empty, or the value null.
  Read<const JsonValue*> read_parameter(const Parameters& parameters, Member member) {
    const std::string_view text = parameters[member].value_or("");
    if (text.empty()) return nullptr;
    const auto root = json.read(text);
    if (!root) {
      return refuse(RequestError::Kind::kJson,
                    fmt::format("The parameter \"{}\" of the URL cannot be read as JSON. {}",
                                kMembers[member], root.error().message),
                    root.error().offset);
    }
    return (*root)->kind == JsonValue::Kind::kNull ? nullptr : *root;
  }

  Read<std::string_view> read_extension(const Parameters& parameters) {
    const auto extensions = read_parameter(parameters, kExtensions);
    if (!extensions) return tl::unexpected(extensions.error());
    auto hash = hash_of_extensions(*extensions);
    if (!hash) return hash;
    extension = *hash;  // the variables are read over it
    return extension;
  }

  Read<Request> read_parameters(const Parameters& parameters) {
    const auto text = [&parameters](Member member) { return parameters[member].value_or(""); };
    const auto extension_hash = read_extension(parameters);
    if (!extension_hash) return tl::unexpected(extension_hash.error());
    const auto hash = persisted_hash(*extension_hash, text(kDocumentId), text(kId));
    if (!hash) return tl::unexpected(hash.error());
    const auto query = check_utf8(text(kQuery));
    if (!query) return tl::unexpected(query.error());
    if (query->empty() && hash->empty()) return Request{};
    auto variables = read_parameter(parameters, kVariables);
    if (variables) variables = check_variables(*variables);
    if (!variables) return tl::unexpected(variables.error());
    return one({*query, text(kOperationName), *variables, *hash});
  }

  // For the next request; what a large one needed is given back.
  void reset() {
    operations.clear();
    if (operations.capacity() * sizeof(OperationRequest) > JsonReader::kKeptBytes) operations = {};
    if (decoded.capacity() > JsonReader::kKeptBytes) decoded = {};
  }
};

RequestReader::RequestReader() : memory_(std::make_unique<Memory>()) {}
RequestReader::~RequestReader() = default;

tl::expected<Request, RequestError> RequestReader::read_json(std::string_view body) {
  memory_->reset();
  return memory_->read_json(body);
}

tl::expected<Request, RequestError> RequestReader::read_text(std::string_view body) {
  memory_->reset();
  const auto query = check_utf8(body);
  if (!query) return tl::unexpected(query.error());
  if (query->empty()) return refuse_graphql("The body is empty. Send the text of an operation.");
  return memory_->one({*query, {}, nullptr, {}});
}

tl::expected<Request, RequestError> RequestReader::read_query_string(std::string_view query) {
  memory_->reset();
  const auto parameters = graphql::read_query_string(query, kMembers, memory_->decoded);
  if (!parameters) return refuse_graphql(parameters.error());
  return memory_->read_parameters(*parameters);
}

tl::expected<Request, RequestError> RequestReader::refuse_query_string(std::string_view query) {
  const auto parameters = graphql::read_query_string(query, kMembers, memory_->decoded);
  if (!parameters) return refuse_graphql(parameters.error());
  for (std::size_t member = 0; member < kMembers.size(); ++member) {
    if (!(*parameters)[member]) continue;
    return refuse_graphql(
        fmt::format("The URL has the parameter \"{}\", and the call has a body. Send all of the "
                    "operation in one of them.",
                    kMembers[member]));
  }
  return Request{};
}

tl::expected<std::optional<RequestReader::Multipart>, RequestError> RequestReader::read_multipart(
    std::string_view boundary, std::string_view prefix, PartSearch& search) {
  memory_->reset();
  const auto found = find_leading_parts(boundary, prefix, search);
  if (!found) return refuse(RequestError::Kind::kMedia, found.error());
  if (!*found) return std::nullopt;
  const LeadingParts& parts = **found;
  const auto request = memory_->read_json(parts.operations);
  if (!request) return tl::unexpected(request.error());
  Multipart multipart{*request, {}, parts.end};
  if (parts.map) {
    auto files = read_upload_map(*parts.map, *request);
    if (!files) return refuse(RequestError::Kind::kMedia, std::move(files).error());
    multipart.files = std::move(*files);
  }
  return multipart;
}

void RequestReader::release() { memory_ = std::make_unique<Memory>(); }

}  // namespace tollgate::graphql
