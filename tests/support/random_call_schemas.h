// The schemas of random calls: whatever the estimator looks at in one, in a few types each.
#pragma once

#include <string_view>

namespace tollgate::graphql {

#define TEN(p) p "0: Int " p "1: Int " p "2: Int " p "3: Int " p "4: Int " p "5: Int " p "6: Int "
#define WIDE(p) TEN(p) TEN(p "0") TEN(p "1") TEN(p "2") TEN(p "3")
inline constexpr std::string_view kRandomSchemas[] = {
    "",
    // Connections, by convention and by directives.
    R"(
type Query {
  orders(first: Int, last: Int, after: String): OrderConnection
  pages(first: Int = 3): OrderConnection!
  rows(limit: Int): [Order!]! @cost(weight: "2.5")
  table(limit: Int, offset: Int): [[Order]]
  plain: OrderConnection
  search(input: Search, n: Int): Page @listSize(
    slicingArguments: ["input.first", "n"], sizedFields: ["items", "inner { list deep.items }"])
  strict(first: Int, last: Int): [Order] @listSize(slicingArguments: ["first", "last"],
    assumedSize: 7)
  lenient(first: Int, last: Int = 4): [Order]
    @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
  some(ids: [ID!], first: Int): [Order] @listSize(slicingArguments: ["ids"])
  tags(first: Int = -1): [String]
  one: Order
}
type Mutation { add(input: Search, first: Int): Order @cost(weight: 3) remove(ids: [ID]): Boolean }
input Search { first: Int = 6 text: String @cost(weight: "1.5") inner: Search list: [Search!] }
type Page { items: [Order] inner: Inner others: [Order] }
type Inner { list: [Order] deep: Page more: [Int] }
type OrderConnection { edges: [Edge] nodes: [Order] pageInfo: PageInfo total: Int }
type Edge @cost(weight: "0.25") { node: Order cursor: ID }
type PageInfo { hasNextPage: Boolean }
type Order { id: ID lines(first: Int): [Line] self: Order tags: [String] orders(first: Int):
    OrderConnection }
type Line @cost(weight: 2) { name: String order: Order }
)",
    // Interfaces, unions and what they hand to their types.
    R"(
schema { query: Root mutation: Change subscription: Root }
interface Node { id: ID @cost(weight: "0.5") list(first: Int): [Node] @listSize(slicingArguments:
    ["first"]) }
interface Named implements Node @cost(weight: 3) { id: ID list(first: Int): [Node] name: String
    nodes: [Node] }
type A implements Node & Named @cost(weight: 5) {
  id: ID list(first: Int): [Node] name: String nodes: [Node] a: B @cost(weight: "-2") any: Any
}
type B implements Node { id: ID list(first: Int): [Node] @cost(weight: 4) b(limit: Int): [A] any:
    Any }
type C implements Node & Named {
  id: ID list(first: Int): [Node] @listSize(assumedSize: 2) name: String nodes: [Node] c: Lonely
}
type D { id: ID d: [[Any!]!] }
interface Lonely { id: ID lonely: Lonely more: [Lonely] }
union Any @cost(weight: 2) = A | B | D
union Two = C | D
type Root { node(id: ID): Node named(first: Int): Named any: Any two(n: Int): [Two] lonely:
    Lonely b: B }
type Change { a(limit: Int): A two: Two }
)",
    // Weights of arguments and input fields.
    R"(
scalar Date @cost(weight: "0.125")
enum Color { RED GREEN }
input Filter {
  text: String @cost(weight: 2) not: Filter @cost(weight: "-3") any: [Filter!] @cost(weight: 1)
  dates: [[Date]] @cost(weight: "0.5") page: Paging = {size: 4}
}
input Paging { size: Int = 5 skip: Int @cost(weight: 1) }
input Plain { first: Int inner: Plain }
type Query {
  find(filter: Filter, filters: [Filter], color: Color @cost(weight: "-1")): [Item]
    @cost(weight: "0.75") @listSize(slicingArguments: ["filter.page.size"],
    requireOneSlicingArgument: false)
  sized(by: Paging = {skip: 1}, plain: Plain): [Item]
    @listSize(slicingArguments: ["by.size", "plain.inner.first"], requireOneSlicingArgument: true)
  dates(limit: Int! @cost(weight: "0.001")): [Date]
  item(paging: Paging @cost(weight: 10)): Item
}
type Mutation { set(filter: Filter): Item }
type Item { date: Date color: Color items(limit: Int, filter: Filter @cost(weight: 1)): [Item] }
extend type Item { huge: [Item] @listSize(assumedSize: 9000000000000000) @cost(weight:
    900000000000) }
)",
    // What most schemas are made of, and a type with more fields than a single pass tells apart.
    R"(
type Query { orders(limit: Int, page: Int, where: Where): [Order!]! order(id: ID!): Order
  things(limit: Int = 4): [Thing] thing: Thing any(first: Int, last: Int): [Any] wide: Wide }
type Mutation { create(input: Where): Order cancel(id: ID, limit: Int): [Order!] ok: Boolean }
type Subscription { changed(limit: Int): [Order] }
input Where { status: String inner: Where list: [Where!] limit: Int }
type Order { id: ID! number(format: String): Int status: Status customer: Customer
  lines(limit: Int): [Line!]! grid(limit: Int): [[Line]] tags: [String!]! exactly16bytes_: Int
  aNameOfMoreThanSixteenBytes: String aNameOfMoreThanSixteenOther(limit: Int): [Customer]
  main: Thing things(limit: Int): [Thing] wide: Wide }
enum Status { OPEN DONE }
type Customer { id: ID! name: String orders(limit: Int): [Order] parent: Customer }
type Line @cost(weight: "0.5") { id: ID! product: Customer amount: Float order: Order }
interface Thing { id: ID name: String things(limit: Int): [Thing] }
type Small implements Thing { id: ID name: String things(limit: Int): [Thing] size: Int
  small: Small }
type Large implements Thing @cost(weight: 3) { id: ID name: String @cost(weight: 2)
  things(limit: Int): [Thing] weight: Float large: [Large] order: Order }
union Any = Small | Large | Order
)"
    "type Wide { " WIDE("a") WIDE("b") WIDE("c") WIDE("d") " id: ID wide: Wide things: [Thing] }",
};
#undef WIDE
#undef TEN

}  // namespace tollgate::graphql
