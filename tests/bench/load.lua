-- What wrk sends: a call of an integration that fetches orders, 0.9 KB of JSON by POST, or METHOD=GET without a body.
-- KEY is the secret; with CLOSE each call is the last of its connection.
local query = [[
query Orders($first: Int!, $where: OrderFilter) {
  orders(limit: $first, page: 1, where: $where) {
    id number status createdAt updatedAt
    customer { id email firstName lastName }
    grandTotal { value formattedValue currency { code } }
    lines { id quantity product { id name variants(limit: 5) { id name productSizes { id description stock(limit: 3) { warehouse { id name } productSize { id } availableNowQuantity } } } } unitPrice { value currency { code } } taxPercent }
    shipments(limit: 10) { id number isShipped trackingInfo { trackingNumber } lines { id quantity } }
    discountsApplied { value { value } ... on AppliedVoucher { code method } ...Disc }
  }
}
fragment Disc on AppliedDiscount { id date label }
]]
local variables = [[{"first":20,"where":{"status":["PENDING","CONFIRMED"],"updatedAt":{"from":"2026-01-01"}}}]]

wrk.method = os.getenv("METHOD") or "POST"
if wrk.method == "POST" then
  wrk.body = '{"query":"' .. query:gsub("\n", "\\n") .. '","variables":' .. variables .. ',"operationName":"Orders"}'
  wrk.headers["Content-Type"] = "application/json"
end
wrk.headers["API-Authorization"] = os.getenv("KEY")
wrk.headers["User-Agent"] = "integration/1.0"
wrk.headers["Accept"] = "application/json"
if os.getenv("CLOSE") then wrk.headers["Connection"] = "close" end
