{{columns best_companies, hits = columns hits_of_customers}}
