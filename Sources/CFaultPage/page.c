#include "CFaultPage.h"
