import { prophet } from '../../../models/prophet/prophet-forecaster.ts';
import { describeSeriesForecaster } from '../series-forecaster-kit.ts';

const forecaster = prophet();
describeSeriesForecaster({ forecaster, runs: 3, close: () => forecaster.close() });
