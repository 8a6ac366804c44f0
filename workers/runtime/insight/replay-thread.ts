/** The thread that replays days, so that whoever gives out values waits for nothing. */
import { constants, setPriority } from 'node:os';
import { serveTasks } from '../../../models/threads/thread-tasks.ts';
import { type DayAnswer, type DayQuestion, DayReplay } from './day-replay.ts';

// Linux has priorities by thread: elsewhere this would slow the whole process down.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
const replay = new DayReplay();
serveTasks((question: DayQuestion): DayAnswer => replay.answer(question));
