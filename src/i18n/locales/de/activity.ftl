# Aktivität
