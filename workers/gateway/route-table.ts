/** Every way in, in one table: the server registers it, the OpenAPI page shows it. */
import { ADOPTION_ROUTES } from './adoption-routes.ts';
import { ANALYTICS_ROUTES } from './analytics-routes.ts';
import { BATCH_NEXT_ROUTE } from './batch-next-route.ts';
import { BULK_ROUTES } from './bulk-routes.ts';
import { CLIENT_ROUTES } from './client-routes.ts';
import type { Route } from './context.ts';
import { EVENT_ROUTES } from './event-routes.ts';
import { EXPECTATION_ROUTES } from './expectation-routes.ts';
import { HEALTH_ROUTES } from './health-routes.ts';
import { INSIGHT_ROUTES } from './insight-routes.ts';
import { MODEL_ROUTES } from './model-routes.ts';
import { NEXT_ROUTE } from './next-route.ts';
import { OPERATIONS_ROUTES } from './operations-routes.ts';
import { POOL_ROUTES } from './pool-routes.ts';
import { RESERVATION_ROUTES } from './reservation-routes.ts';
import { KEY_ROUTES } from './security/key-routes.ts';
import { SEQUENCE_ROUTES } from './sequence-routes.ts';
import { VALUE_ROUTES } from './value-routes.ts';

export const ROUTES: readonly Route[] = [
  ...SEQUENCE_ROUTES,
  NEXT_ROUTE,
  BATCH_NEXT_ROUTE,
  ...VALUE_ROUTES,
  ...RESERVATION_ROUTES,
  ...CLIENT_ROUTES,
  ...EXPECTATION_ROUTES,
  ...INSIGHT_ROUTES,
  ...EVENT_ROUTES,
  ...ANALYTICS_ROUTES,
  ...OPERATIONS_ROUTES,
  ...POOL_ROUTES,
  ...BULK_ROUTES,
  ...ADOPTION_ROUTES,
  ...MODEL_ROUTES,
  ...KEY_ROUTES,
  ...HEALTH_ROUTES,
];
