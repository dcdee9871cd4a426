#include "BaselineC.h"
