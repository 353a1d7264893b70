// Made-up orders of a small web shop. The same number gives the same order on every run, so that tests can rely on it.

const FIRST_NAMES = ['Astrid', 'Bruno', 'Chidi', 'Dalia', 'Emil', 'Farah', 'Goran', 'Hana'];
const LAST_NAMES = ['Lindqvist', 'Okafor', 'Moreau', 'Tanaka', 'Novak', 'Silva', 'Haddad', 'Berg'];
const PRODUCTS = ['Wool sweater', 'Rain jacket', 'Canvas bag', 'Linen shirt', 'Leather belt', 'Running shoe'];
const COLOURS = ['black', 'sand', 'forest green', 'navy'];
const SIZES = ['XS', 'S', 'M', 'L', 'XL'];
const WAREHOUSES = ['Gothenburg', 'Rotterdam', 'Lyon'];
const STATUSES = ['PENDING', 'CONFIRMED', 'SHIPPED'];
const DAY = 24 * 60 * 60 * 1000;

export const ORDER_COUNT = 500;

const pick = (list, n) => list[n % list.length];
const date = (n) => new Date(Date.UTC(2026, 0, 1) + n * DAY).toISOString();
const first = (list, limit) => (limit == null ? list : list.slice(0, Math.max(0, limit)));

function money(value, code = 'EUR') {
  return { value, formattedValue: `${value.toFixed(2)} ${code}`, currency: { code } };
}

function stock(size, limit) {
  return first(WAREHOUSES, limit).map((name, i) => ({
    warehouse: { id: `W${i + 1}`, name },
    productSize: size,
    availableNowQuantity: (name.length * 7 + i) % 40,
  }));
}

function productSize(id, description) {
  const size = { id, description };
  size.stock = ({ limit }) => stock(size, limit);
  return size;
}

function variant(productId, i) {
  const id = `${productId}-${i + 1}`;
  return {
    id,
    name: pick(COLOURS, i),
    productSizes: SIZES.map((description) => productSize(`${id}-${description}`, description)),
  };
}

function product(n) {
  const id = `P${(n % PRODUCTS.length) + 1}`;
  return {
    id,
    name: pick(PRODUCTS, n),
    variants: ({ limit }) => first(COLOURS, limit).map((_, i) => variant(id, i)),
  };
}

function line(orderNumber, i) {
  const n = orderNumber + i;
  return {
    id: `${orderNumber}-L${i + 1}`,
    quantity: (n % 4) + 1,
    product: product(n),
    unitPrice: money(19 + (n % 9) * 10),
    taxPercent: 25,
  };
}

function shipment(orderNumber, i, lines) {
  return {
    id: `${orderNumber}-S${i + 1}`,
    number: `${orderNumber}/${i + 1}`,
    isShipped: true,
    trackingInfo: { trackingNumber: `SE${String(orderNumber * 97 + i).padStart(9, '0')}` },
    lines,
  };
}

function discounts(number) {
  const common = { id: `D${number}`, date: date(number), label: 'Spring', value: { value: 5 } };
  if (number % 5 === 0) {
    return [{ ...common, __typename: 'AppliedVoucher', code: 'SPRING5', method: 'CODE' }];
  }
  return number % 7 === 0 ? [{ ...common, __typename: 'AppliedCampaign' }] : [];
}

export function order(number) {
  const lines = Array.from({ length: (number % 3) + 1 }, (_, i) => line(number, i));
  const status = pick(STATUSES, number);
  const shipments = status === 'SHIPPED' ? [shipment(number, 0, lines)] : [];
  const [firstName, lastName] = [pick(FIRST_NAMES, number), pick(LAST_NAMES, number * 3)];
  return {
    id: `O${number}`,
    number,
    status,
    createdAt: date(number % 300),
    updatedAt: date((number % 300) + 1),
    customer: { id: `C${number % 64}`, email: `${firstName}.${lastName}@example.com`.toLowerCase(), firstName, lastName },
    grandTotal: money(lines.reduce((sum, l) => sum + l.quantity * l.unitPrice.value, 0)),
    lines,
    shipments: ({ limit }) => first(shipments, limit),
    discountsApplied: discounts(number),
  };
}

function matches(candidate, where) {
  if (where?.status && !where.status.includes(candidate.status)) return false;
  if (where?.updatedAt?.from && candidate.updatedAt < where.updatedAt.from) return false;
  return !(where?.updatedAt?.to && candidate.updatedAt > where.updatedAt.to);
}

// The resolver of Query.orders.
export function orders({ limit, page, where }) {
  const size = limit ?? 10;
  const skip = ((page ?? 1) - 1) * size;
  if (size < 0 || size > 100 || skip < 0) throw new Error('limit is 0 to 100, and page starts at 1.');
  const found = [];
  for (let number = 1; number <= ORDER_COUNT && found.length < skip + size; number += 1) {
    const candidate = order(number);
    if (matches(candidate, where)) found.push(candidate);
  }
  return found.slice(skip);
}
