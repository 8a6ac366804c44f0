/**
 * Ids for Prisma models, as a query extension: whatever is created without an id gets the next value of its model's sequence.
 *
 *   const prisma = new PrismaClient().$extends(idsFrom({ Order: seqcast.sequence('orders') }));
 *   await prisma.order.create({ data: { item: 'tea' } });
 *
 * In the schema the field is `id BigInt @id`, without `@default`; so that TypeScript lets it be left out, say `@default(0)`, which is never
 * used. Nested creates (`create` inside of `data`) are not seen by query extensions: give those their ids yourself.
 */
import type { Sequence } from 'seqcast-client';

type Row = Record<string, unknown>;

/** What Prisma hands to a query extension; the types of `@prisma/client` say the same of each model. */
interface Operation<A> {
  readonly model: string;
  readonly args: A;
  query(args: A): Promise<unknown>;
}

/** By the name of the model, as it stands in the schema. Models that are not named keep what they have. */
export function idsFrom(sequences: Readonly<Record<string, Sequence>>) {
  const withIds = async (model: string, rows: readonly Row[]): Promise<Row[]> => {
    const sequence = sequences[model];
    const without = rows.filter(({ id }) => id === undefined);
    if (sequence === undefined || without.length === 0) return [...rows];
    const ids = await sequence.take(without.length);
    return rows.map((row) => (row.id === undefined ? { ...row, id: ids.shift() } : row));
  };
  const createMany = async ({ model, args, query }: Operation<{ data: Row | readonly Row[] }>) => {
    const rows = Array.isArray(args.data) ? (args.data as Row[]) : [args.data as Row];
    return query({ ...args, data: await withIds(model, rows) });
  };
  return {
    name: 'seqcast-ids',
    query: {
      $allModels: {
        async create({ model, args, query }: Operation<{ data: Row }>) {
          const [data = args.data] = await withIds(model, [args.data]);
          return query({ ...args, data });
        },
        createMany,
        createManyAndReturn: createMany,
        async upsert({ model, args, query }: Operation<{ create: Row }>) {
          // Whether it creates is known to the database only: an update leaves a gap.
          const [create = args.create] = await withIds(model, [args.create]);
          return query({ ...args, create });
        },
      },
    },
  };
}
