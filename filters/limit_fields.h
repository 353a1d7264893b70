// The fields by which an answer tells what is left: RateLimit-Policy and RateLimit
// (draft-ietf-httpapi-ratelimit-headers-10), and those that prepare clients for limits to come.
#pragma once

#include <string>

#include "conf/config.h"
#include "filters/exchange.h"

namespace tollgate {

// Appends whole field lines, or nothing where the call is not limited or nobody is to be told. Of
// windows of one measure and length, the one with the least left is told.
void append_limit_fields(std::string& out, const ApiLimitsConfig& limits, const Exchange& exchange);

}  // namespace tollgate
