// The query that tests/bench/load.lua sends, with its variables.
#pragma once

#include <string>
#include <string_view>

inline const std::string kOrderQuery =
    "query Orders($first: Int!, $where: OrderFilter) {\n"
    "  orders(limit: $first, page: 1, where: $where) {\n"
    "    id number status createdAt updatedAt\n"
    "    customer { id email firstName lastName }\n"
    "    grandTotal { value formattedValue currency { code } }\n"
    "    lines { id quantity product { id name variants(limit: 5) { id name productSizes { id "
    "description stock(limit: 3) { warehouse { id name } productSize { id } "
    "availableNowQuantity } } } } unitPrice { value currency { code } } taxPercent }\n"
    "    shipments(limit: 10) { id number isShipped trackingInfo { trackingNumber } lines { "
    "id quantity } }\n"
    "    discountsApplied { value { value } ... on AppliedVoucher { code method } ...Disc }\n"
    "  }\n"
    "}\n"
    "fragment Disc on AppliedDiscount { id date label }\n";
inline constexpr std::string_view kOrderVariables =
    R"({"first":20,"where":{"status":["PENDING","CONFIRMED"],"updatedAt":{"from":"2026-01-01"}}})";
