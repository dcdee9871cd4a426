#include "BaselineC.h"

size_t baseline_plan(int actors, int instances, int hosts, struct baseline_step *steps) {
  size_t count = 0;
  for (int actor = 0; actor < actors; actor++)
    for (int instance = 0; instance < instances; instance++, count++)
      steps[count] = (struct baseline_step){actor, (int)(count % (size_t)hosts), 1};
  return count;
}
